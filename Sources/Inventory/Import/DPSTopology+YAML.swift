extension DPSTopology {
    /// The draft of an inventory, with comments that say what is left to fill in.
    public var yaml: String {
        var lines = [
            "# Made of the DPS topology \(Self.comment(name)). To fill in: the logins, the BMCs' CA, and the GPUs of each machine."
        ]
        let secrets = Set(machines.map { $0.secret ?? "bmc" }).sorted()
        lines.append("credentials:")
        for secret in secrets {
            lines.append(
                "  \(Self.quote(secret)): { username: ima, password_file: \(Self.quote("secrets/\(secret)")) }")
        }
        lines.append("defaults:")
        lines.append("  bmc: { tls: { ca: bmc-ca.pem } }")
        if !domains.isEmpty { lines.append("chassis:") }
        for domain in domains {
            let feeds = domain.feed.map { ", feeds: [\(Self.quote($0))]" } ?? ""
            lines.append("  - { id: \(Self.quote(domain.name))\(feeds) }")
        }
        lines.append(machines.isEmpty ? "nodes: []" : "nodes:")
        for machine in machines {
            lines.append(
                "  - id: \(Self.quote(machine.name))" + (machine.model.map { "  # \(Self.comment($0))" } ?? ""))
            lines.append(
                "    bmc: { url: \(Self.quote(machine.url)), credentials: \(Self.quote(machine.secret ?? "bmc")) }")
            if let domain = machine.domain { lines.append("    chassis: \(Self.quote(domain))") }
        }
        lines += remarks.map { "# \(Self.comment($0))" }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A YAML scalar that means exactly this text (YAML 1.2, 7.3.1).
    private static func quote(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.value == 0xFEFF:
                quoted += scalar.value < 0x100 ? "\\x" + hex(scalar.value, 2) : "\\u" + hex(scalar.value, 4)
            case "\u{2028}", "\u{2029}": quoted += "\\u" + hex(scalar.value, 4)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    private static func hex(_ value: UInt32, _ width: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// Text that stays within its line.
    private static func comment(_ text: String) -> String {
        String(text.map { $0.isNewline || $0.unicodeScalars.contains { $0.value < 0x20 } ? " " : $0 })
    }
}
