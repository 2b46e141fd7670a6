import EventBus
import Logging
import PowerEvents
import Site

extension BusOptions {
    /// How this agent joins the bus: under its id, to the alerts of those whom it trusts, and to its own events.
    init(_ configuration: AgentConfiguration, login: @escaping @Sendable () throws -> BusLogin?) {
        let prefix = configuration.bus.topicPrefix
        self.init(
            address: configuration.bus.address, clientID: configuration.agentID, tls: configuration.bus.tls,
            login: login, topics: Self.alertTopics(configuration.trust, prefix: prefix),
            // With QoS 2 libmosquitto keeps a message in memory between PUBREC and PUBREL, where a crash loses it. With
            // QoS 1 it is the broker's until the journal has it, and duplicates are recognised here anyway.
            subscribeQoS: min(configuration.bus.qos, 1), publishQoS: configuration.bus.qos)
        let source = EventSource(role: .infra, identifier: configuration.agentID)
        optionalTopics = [Topic(.enforcement, publisher: source, prefix: prefix).description]
    }

    /// The topics of every trusted source's alerts, each on that of its role as the source spells it; each once.
    static func alertTopics(_ trust: [AgentConfiguration.TrustedSource], prefix: String) -> [String] {
        var seen: Set<String> = []
        return trust.compactMap { EventSource($0.source) }.flatMap { source in
            Topic.all(.breachAlert, publisher: source, prefix: prefix)
        }.filter { seen.insert($0).inserted }
    }
}

extension AgentConfiguration.BrokerLogin {
    /// - Parameter renewal: called when it is time to connect with the next token
    func asked(renewal: WakeUp, logger: Logger) -> @Sendable () throws -> BusLogin? {
        switch self {
        case .none: return { nil }
        case .tokenFile(let path): return { BusLogin(accessToken: try SecretFile.text(path)) }
        case .oauth2(let settings):
            let tokens = AccessTokens(settings, logger: logger)
            return { BusLogin(accessToken: try tokens.fetch { renewal.call() }) }
        }
    }
}
