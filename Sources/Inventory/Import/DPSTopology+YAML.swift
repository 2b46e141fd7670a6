extension DPSTopology {
    /// The draft of an inventory, with comments that say what is left to fill in.
    public var yaml: String {
        var lines = [
            "# Made of the DPS topology \(YAMLText.comment(name)). To fill in: the logins, the BMCs' CA, and the GPUs of each machine."
        ]
        let secrets = Set(machines.map { $0.secret ?? "bmc" }).sorted()
        lines.append("credentials:")
        for secret in secrets {
            lines.append(
                "  \(YAMLText.quote(secret)): { username: ima, password_file: \(YAMLText.quote("secrets/\(secret)")) }")
        }
        lines.append("defaults:")
        lines.append("  bmc: { tls: { ca: bmc-ca.pem } }")
        if !domains.isEmpty { lines.append("chassis:") }
        for domain in domains {
            let feeds = domain.feed.map { ", feeds: [\(YAMLText.quote($0))]" } ?? ""
            lines.append("  - { id: \(YAMLText.quote(domain.name))\(feeds) }")
        }
        lines.append(machines.isEmpty ? "nodes: []" : "nodes:")
        for machine in machines {
            lines.append(
                "  - id: \(YAMLText.quote(machine.name))" + (machine.model.map { "  # \(YAMLText.comment($0))" } ?? ""))
            lines.append(
                "    bmc: { url: \(YAMLText.quote(machine.url)), credentials: \(YAMLText.quote(machine.secret ?? "bmc")) }"
            )
            if let domain = machine.domain { lines.append("    chassis: \(YAMLText.quote(domain))") }
        }
        lines += remarks.map { "# \(YAMLText.comment($0))" }
        return lines.joined(separator: "\n") + "\n"
    }
}
