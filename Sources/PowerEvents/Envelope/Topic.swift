/// The bus addresses of the contract's four channels, with an optional deployment prefix such as `cpc/1/`.
public struct Topic: Sendable, Hashable, CustomStringConvertible {
    public let type: EventType
    public let publisher: EventSource
    public let description: String

    /// The topic on which a source publishes a kind of event.
    ///
    /// The power agent's role is written as its source spells it, since old and new deployments differ in it.
    public init(_ type: EventType, publisher: EventSource, prefix: String = "") {
        self.type = type
        self.publisher = publisher
        let role = publisher.description.split(separator: "/").dropFirst(2).first.map(String.init) ?? ""
        description = "\(prefix)grid/v1/\(role)/\(publisher.identifier)/\(Self.suffix(type))"
    }

    /// Reads a topic back. nil where it lacks the prefix or is no channel of the contract.
    public init?(_ topic: String, prefix: String = "") {
        guard topic.hasPrefix(prefix) else { return nil }
        let parts = topic.dropFirst(prefix.count).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 5, parts[0] == "grid", parts[1] == "v1",
            let publisher = EventSource("//grid/v1/\(parts[2])/\(parts[3])")
        else { return nil }
        let suffix = parts.dropFirst(4).joined(separator: "/")
        guard
            let type = EventType.allCases.first(where: {
                Self.suffix($0) == suffix && Self.role(of: $0) == publisher.role
            })
        else { return nil }
        self.type = type
        self.publisher = publisher
        description = topic
    }

    static func suffix(_ type: EventType) -> String {
        switch type {
        case .loadTargetSet: "loadtarget/set"
        case .powerStateStatus: "powerstate/status"
        case .breachAlert: "powerbreach"
        case .enforcement: "powerbreach/enforcement"
        }
    }

    static func role(of type: EventType) -> EventSource.Role {
        switch type {
        case .loadTargetSet: .isv
        case .powerStateStatus, .breachAlert: .powerAgent
        case .enforcement: .infra
        }
    }
}
