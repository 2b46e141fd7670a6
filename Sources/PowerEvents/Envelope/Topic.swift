/// The bus addresses of the contract's four channels, with an optional deployment prefix such as `cpc/1/`. The one place
/// that knows how they are built.
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
        description = Self.text(type, role: role, publisher: publisher.identifier, prefix: prefix)
    }

    /// The topics on which a source may publish a kind of event: one for each spelling of its role.
    public static func all(_ type: EventType, publisher: EventSource, prefix: String = "") -> [String] {
        publisher.role.spellings.map { text(type, role: $0, publisher: publisher.identifier, prefix: prefix) }
    }

    /// A filter (MQTT 3.1.1, 4.7) for a kind of event, whoever publishes it.
    public static func filter(_ type: EventType, prefix: String = "") -> String {
        let spellings = role(of: type).spellings
        return text(type, role: spellings.count == 1 ? spellings[0] : "+", publisher: "+", prefix: prefix)
    }

    private static func text(_ type: EventType, role: String, publisher: String, prefix: String) -> String {
        "\(prefix)grid/v1/\(role)/\(publisher)/\(suffix(type))"
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
