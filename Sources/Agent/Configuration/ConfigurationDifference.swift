import Shedding
import Site

/// What a changed configuration means for an agent that runs: what of it is in force after a reload, and what only after a
/// restart. Keys are named as in the file.
struct ConfigurationDifference: Sendable, Hashable {
    /// Taken over by the running agent.
    private(set) var applied: [String] = []
    /// Read, and without any effect until the next start.
    private(set) var needsRestart: [String] = []

    init(from old: AgentConfiguration, to new: AgentConfiguration) {
        func note<Value: Equatable>(
            _ name: String, _ path: (AgentConfiguration) -> Value, in list: inout [String]
        ) {
            if path(old) != path(new) { list.append(name) }
        }
        note("trust", \.trust, in: &applied)
        note("mode", \.mode, in: &applied)
        note("inventory", \.site.resources, in: &applied)
        note("groups", \.site.groups, in: &applied)
        note("credentials", \.site.credentials, in: &applied)
        note("enforcement", { Self.live($0.policy) }, in: &applied)

        note("agent.id", \.agentID, in: &needsRestart)
        note("broker.url", \.bus.address, in: &needsRestart)
        note("broker.topic_prefix", \.bus.topicPrefix, in: &needsRestart)
        note("broker.qos", \.bus.qos, in: &needsRestart)
        note("broker.tls", \.bus.tls, in: &needsRestart)
        note("broker login", \.bus.login, in: &needsRestart)
        note("signing", \.signing, in: &needsRestart)
        note("journal", \.journal, in: &needsRestart)
        note("enforcement.max_age", \.policy.maxAge, in: &needsRestart)
        note("enforcement.max_event_bytes", \.policy.maxEventBytes, in: &needsRestart)
        note("redfish", \.redfish, in: &needsRestart)
        note("redfish connections", \.pool, in: &needsRestart)
        note("redfish.patrol_every", \.patrolEvery, in: &needsRestart)
        note("http", \.http, in: &needsRestart)
        note("control", \.controlSocket, in: &needsRestart)
        note("shutdown_timeout", \.shutdownTimeout, in: &needsRestart)
        note("limits", \.limits, in: &needsRestart)
        note("log", \.logFormat, in: &needsRestart)
    }

    /// Notes a section whose files have changed, though it names the same ones.
    mutating func restart(for section: String) {
        if !needsRestart.contains(section) { needsRestart.append(section) }
    }

    /// Whether how BMCs are trusted changed: connections that were made before are not to be used any more.
    static func trustsOtherwise(_ old: AgentConfiguration, _ new: AgentConfiguration) -> Bool {
        let trust = Dictionary(old.site.bmcs.map { ($0.address, $0.trust) }, uniquingKeysWith: { first, _ in first })
        let other = Dictionary(new.site.bmcs.map { ($0.address, $0.trust) }, uniquingKeysWith: { first, _ in first })
        return trust.contains { address, value in other[address] != value }
    }

    /// Without what only a start reads.
    private static func live(_ policy: Policy) -> Policy {
        var policy = policy
        let defaults = Policy()
        policy.maxAge = defaults.maxAge
        policy.maxEventBytes = defaults.maxEventBytes
        return policy
    }
}

extension ConfigurationDifference: CustomStringConvertible {
    var description: String {
        let changed =
            applied.isEmpty ? "nothing of what a reload takes up has changed" : applied.joined(separator: ", ")
        return needsRestart.isEmpty ? changed : "\(changed); needs a restart: \(needsRestart.joined(separator: ", "))"
    }
}
