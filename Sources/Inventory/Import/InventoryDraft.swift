public import Site

/// An inventory that is being made of what BMCs told of themselves.
public struct InventoryDraft: Sendable {
    public struct Node: Sendable, Hashable {
        /// The host's own name, where the BMC knows it.
        public var name: String?
        /// The Id of its system: what tells it apart from others of the same BMC.
        public var id: String
        public var comment: String
        /// The system to pin; nil where there is but one.
        public var system: String?
        public var gpus: [GPU]
        /// What tells its control apart from others of the same BMC; nil where it has none.
        public var control: String?

        public init(
            name: String?, id: String = "", comment: String, system: String?, gpus: [GPU] = [], control: String? = nil
        ) {
            self.name = name
            self.id = id
            self.comment = comment
            self.system = system
            self.gpus = gpus
            self.control = control
        }
    }

    public struct GPU: Sendable, Hashable {
        /// The processor's Id.
        public var processor: String
        /// The system to pin; nil where there is but one.
        public var system: String?
        public var control: String?

        public init(processor: String, system: String? = nil, control: String? = nil) {
            self.processor = processor
            self.system = system
            self.control = control
        }
    }

    public struct Chassis: Sendable, Hashable {
        public var id: String
        public var control: String

        public init(id: String, control: String) {
            self.id = id
            self.control = control
        }
    }

    public struct Machine: Sendable, Hashable {
        public var nodes: [Node]
        /// Those that belong to one of several nodes, and the BMC does not say to which.
        public var gpus: [GPU]
        /// With limits of their own.
        public var chassis: [Chassis]
        /// What an operator should know of the BMC.
        public var remarks: [String]

        public init(nodes: [Node], gpus: [GPU] = [], chassis: [Chassis] = [], remarks: [String] = []) {
            self.nodes = nodes
            self.gpus = gpus
            self.chassis = chassis
            self.remarks = remarks
        }
    }

    /// BMCs that could not be read.
    public private(set) var failures = 0
    private let head: [String]
    private var chassisLines: [String] = []
    private var nodeLines: [String] = []
    private var remarks: [String] = []
    private var names: Set<String> = []
    /// Beside those that are comments.
    private var (hasNodes, hasChassis) = (false, false)

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
        /// By control, what leads to it.
        var users: [String: [String]] = [:]
        func isAlone(_ node: Node) -> Bool { machine.nodes.count { $0.name == node.name } == 1 }
        for (index, node) in machine.nodes.enumerated() {
            let plain = node.name ?? Self.name(address)
            let name = unique(isAlone(node) ? plain : "\(plain)-\(node.id)")
            let comment = node.comment.isEmpty ? "" : "  # \(YAMLText.comment(node.comment))"
            let isFit = isFit(node.system, of: name, address)
            func append(_ line: String, isFit: Bool) { nodeLines.append(isFit ? line : Self.commented(line)) }
            append("  - id: \(YAMLText.quote(name))\(comment)", isFit: isFit)
            append("    bmc: \(url)", isFit: isFit)
            if isFit { hasNodes = true }
            if let system = node.system { append("    redfish: { system: \(YAMLText.quote(system)) }", isFit: isFit) }
            if isFit, let control = node.control { users[control, default: []].append(name) }
            let gpus = node.gpus + (index == 0 ? machine.gpus : [])
            guard !gpus.isEmpty else { continue }
            let listed = zip(gpus, Self.names(of: gpus, in: name)).map { gpu, wish in
                let id = unique(wish)
                let hasFitPins = self.isFit(gpu.processor, of: id, address) && self.isFit(gpu.system, of: id, address)
                return (gpu: gpu, id: id, isFit: isFit && hasFitPins)
            }
            append("    gpus:", isFit: listed.contains(where: \.isFit))
            for (gpu, id, isFit) in listed {
                let pin = gpu.system.map { ", redfish: { system: \(YAMLText.quote($0)) }" } ?? ""
                append(
                    "      - { id: \(YAMLText.quote(id)), processor: \(YAMLText.quote(gpu.processor))\(pin) }"
                        + (gpu.control == nil ? "  # no power limit now" : ""), isFit: isFit)
                if isFit, let control = gpu.control { users[control, default: []].append(id) }
            }
        }
        for chassis in machine.chassis {
            let id = unique("\(Self.name(address))-\(chassis.id)")
            let line =
                "  - { id: \(YAMLText.quote(id)), bmc: \(url), redfish: { chassis: \(YAMLText.quote(chassis.id)) } }"
            guard isFit(chassis.id, of: id, address) else {
                chassisLines.append(Self.commented(line))
                continue
            }
            chassisLines.append(line)
            hasChassis = true
            users[chassis.control, default: []].append(id)
        }
        if machine.nodes.isEmpty, machine.chassis.isEmpty {
            remarks.append("\(address): no system, and no chassis with a power limit")
        }
        if machine.nodes.count > 1, !machine.gpus.isEmpty {
            remarks.append("\(address): several nodes; GPUs that could belong to any are listed under the first")
        }
        for (control, names) in users.sorted(by: { $0.key < $1.key }) where names.count > 1 {
            remarks.append("\(address): \(names.joined(separator: ", ")) share one control, \(control)")
        }
        remarks += machine.remarks.prefix(8).map { "\(address): \($0)" }
    }

    /// By the numbers that their Ids end with where those tell them apart, else by their Ids; never by position.
    private static func names(of gpus: [GPU], in node: String) -> [String] {
        func digits(_ id: String) -> String { String(id.reversed().prefix { $0.isASCII && $0.isNumber }.reversed()) }
        let numbers = gpus.map { digits($0.processor) }
        let stems = Set(gpus.map { $0.processor.dropLast(digits($0.processor).count) })
        guard stems.count == 1, Set(numbers).count == gpus.count, !numbers.contains("") else {
            return gpus.map { "\(node)-\($0.processor)" }
        }
        return numbers.map { "\(node)-gpu\($0)" }
    }

    public mutating func addFailure(_ address: BMC.Address, _ reason: String) {
        failures += 1
        remarks.append("\(address): \(reason)")
    }

    public var yaml: String {
        var lines = head
        if !chassisLines.isEmpty { lines += (hasChassis ? ["chassis:"] : []) + chassisLines }
        lines += [hasNodes ? "nodes:" : "nodes: []"] + nodeLines
        lines += remarks.map { "# \(YAMLText.comment($0))" }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Whether a pin means in an inventory what the BMC says; where it would not, a remark says so.
    private mutating func isFit(_ pin: String?, of name: String, _ address: BMC.Address) -> Bool {
        guard let pin, !DPSTopology.isFit(pin) || pin.utf8.count > Self.longestName else { return true }
        remarks.append(
            """
            \(address): \(name) is a comment: the BMC calls it "\(pin.unicodeScalars.prefix(80).map(String.init).joined())", \
            and an inventory would not take that as it is: it is empty, has a blank or one of [ ] { } $ " \\, or more than \
            \(Self.longestName) bytes. Pin it by another name or URI
            """)
        return false
    }

    private static let longestName = 256

    private static func commented(_ line: String) -> String { "  # " + YAMLText.comment(line) }

    private static func name(_ address: BMC.Address) -> String {
        let isDefault = address.port == 443
        let text = "bmc-\(address.host)" + (isDefault ? "" : "-\(address.port)")
        return String(text.map { $0 == "." || $0 == ":" ? "-" : $0 })
    }

    /// A name of its own, without what an id may not hold.
    private mutating func unique(_ wish: String) -> String {
        let scalars = wish.unicodeScalars.prefix(Self.longestName).map {
            $0.properties.isWhitespace || "[]{}$\"\\".unicodeScalars.contains($0) ? "-" : $0
        }
        let plain = scalars.isEmpty ? "unnamed" : String(String.UnicodeScalarView(scalars))
        var name = plain
        var number = 2
        while !names.insert(name).inserted {
            name = "\(plain)-\(number)"
            number += 1
        }
        return name
    }
}
