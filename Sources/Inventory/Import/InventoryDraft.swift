/// An inventory that is being made of what BMCs told of themselves.
public struct InventoryDraft: Sendable {
    public struct Node: Sendable, Hashable {
        /// The host's own name, where the BMC knows it.
        public var name: String?
        public var comment: String
        /// The system to pin; nil where there is but one.
        public var system: String?

        public init(name: String?, comment: String, system: String?) {
            self.name = name
            self.comment = comment
            self.system = system
        }
    }

    public struct Machine: Sendable, Hashable {
        public var nodes: [Node]
        /// Processor Ids.
        public var gpus: [String]
        /// Ids of chassis with limits of their own.
        public var chassis: [String]

        public init(nodes: [Node], gpus: [String], chassis: [String]) {
            self.nodes = nodes
            self.gpus = gpus
            self.chassis = chassis
        }
    }

    /// BMCs that could not be read.
    public private(set) var failures = 0
    private let head: [String]
    private var chassisLines: [String] = []
    private var nodeLines: [String] = []
    private var remarks: [String] = []
    private var names: Set<String> = []

    public init(username: String, passwordFile: String, trust: BMC.Trust) {
        let tls =
            switch trust {
            case .systemAuthorities: ""
            case .authorities(let file): ", tls: { ca: \(YAMLText.quote(file)) }"
            case .pin(let pin): ", tls: { pin: \(YAMLText.quote(pin)) }"
            case .unverified: ", tls: { verify: false }"
            }
        head = [
            "# Found by ima inventory discover. To fill in: feeds, floors, and what is never to be touched.",
            "credentials:",
            "  bmc: { username: \(YAMLText.quote(username)), password_file: \(YAMLText.quote(passwordFile)) }",
            "defaults:",
            "  bmc: { credentials: bmc\(tls) }",
        ]
    }

    public mutating func add(_ address: BMC.Address, _ machine: Machine) {
        let url = YAMLText.quote(address.description)
        for (index, node) in machine.nodes.enumerated() {
            let name = unique(node.name ?? Self.name(address))
            let comment = node.comment.isEmpty ? "" : "  # \(YAMLText.comment(node.comment))"
            nodeLines.append("  - id: \(YAMLText.quote(name))\(comment)")
            nodeLines.append("    bmc: \(url)")
            if let system = node.system { nodeLines.append("    redfish: { system: \(YAMLText.quote(system)) }") }
            // GPUs of a BMC with several nodes belong to one of them, and the BMC does not say to which.
            guard index == 0, !machine.gpus.isEmpty else { continue }
            nodeLines.append("    gpus:")
            for (number, gpu) in machine.gpus.enumerated() {
                let id = unique("\(name)-gpu\(number)")
                nodeLines.append("      - { id: \(YAMLText.quote(id)), processor: \(YAMLText.quote(gpu)) }")
            }
        }
        for chassis in machine.chassis {
            let id = unique("\(Self.name(address))-\(chassis)")
            chassisLines.append(
                "  - { id: \(YAMLText.quote(id)), bmc: \(url), redfish: { chassis: \(YAMLText.quote(chassis)) } }")
        }
        if machine.nodes.isEmpty, machine.chassis.isEmpty {
            remarks.append("\(address): no system, and no chassis with a power limit")
        }
        if machine.nodes.count > 1, !machine.gpus.isEmpty {
            remarks.append("\(address): several nodes; the GPUs are listed under the first")
        }
    }

    public mutating func addFailure(_ address: BMC.Address, _ reason: String) {
        failures += 1
        remarks.append("\(address): \(reason)")
    }

    public var yaml: String {
        var lines = head
        if !chassisLines.isEmpty { lines += ["chassis:"] + chassisLines }
        lines += nodeLines.isEmpty ? ["nodes: []"] : ["nodes:"] + nodeLines
        lines += remarks.map { "# \(YAMLText.comment($0))" }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func name(_ address: BMC.Address) -> String {
        let isDefault = address.port == 443
        let text = "bmc-\(address.host)" + (isDefault ? "" : "-\(address.port)")
        return String(text.map { $0 == "." || $0 == ":" ? "-" : $0 })
    }

    /// A name of its own, without what an id may not hold.
    private mutating func unique(_ wish: String) -> String {
        let plain = String(wish.map { $0.isWhitespace || "[]{}".contains($0) ? "-" : $0 })
        var name = plain
        var number = 2
        while !names.insert(name).inserted {
            name = "\(plain)-\(number)"
            number += 1
        }
        return name
    }
}
