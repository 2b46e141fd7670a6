/// Who publishes an event: `//grid/v1/<role>/<identifier>` (the contract, "Source Format").
public struct EventSource: Sendable, Hashable, CustomStringConvertible {
    public enum Role: String, Sendable, Hashable, CaseIterable {
        case isv
        /// The power agent. Later revisions of the contract spell the same role `dsx-flex-agent`.
        case powerAgent = "poweragent"
        case infra

        /// How topics and sources spell it; `rawValue` first.
        public var spellings: [String] { self == .powerAgent ? [rawValue, "dsx-flex-agent"] : [rawValue] }
    }

    public let role: Role
    public let identifier: String
    /// As written, with the role's spelling kept.
    public let description: String

    public init(role: Role, identifier: String) {
        self.role = role
        self.identifier = identifier
        description = "//grid/v1/\(role.rawValue)/\(identifier)"
    }

    /// - Returns: nil where the text does not have the contract's form.
    public init?(_ text: String) {
        guard text.hasPrefix("//") else { return nil }
        let parts = text.dropFirst(2).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "grid", parts[1] == "v1", let role = Self.role(parts[2]),
            !parts[3].isEmpty
        else { return nil }
        self.role = role
        identifier = String(parts[3])
        description = text
    }

    static func role(_ text: some StringProtocol) -> Role? {
        Role.allCases.first { $0.spellings.contains(String(text)) }
    }

    /// Two sources are one when role and identifier agree, however the role is spelled.
    public static func == (left: EventSource, right: EventSource) -> Bool {
        left.role == right.role && left.identifier == right.identifier
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(role)
        hasher.combine(identifier)
    }
}
