extension DPSTopology {
    /// The draft of an inventory, with comments that say what is left to fill in.
    public var yaml: String {
        var lines = [
            "# Made of the DPS topology \(YAMLText.comment(name)). To fill in: the logins, the BMCs' CA, and the GPUs of each machine."
        ]
        let secrets = Set(machines.map { $0.secret ?? "bmc" }).sorted()
        lines.append(secrets.isEmpty ? "credentials: {}" : "credentials:")
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
        lines += groupLines
        lines += remarks.map { "# \(YAMLText.comment($0))" }
        return lines.joined(separator: "\n") + "\n"
    }
    /// DPS names feeds where it asks for load to be shed; whether that is to mean all that a feed feeds is not for a draft to
    /// say.
    private var groupLines: [String] {
        let taken = Set(domains.map(\.name) + machines.map(\.name))
        let feeds = Set(domains.compactMap(\.feed)).subtracting(taken).sorted()
        guard !feeds.isEmpty else { return [] }
        return ["# Where hints name a feed, they reach its machines only through a group of that name:", "# groups:"]
            + feeds.map { feed in
                let members = domains.filter { $0.feed == feed }.map { YAMLText.quote($0.name) }
                return "#   - { id: \(YAMLText.quote(feed)), members: [\(members.joined(separator: ", "))] }"
            }
    }
}
