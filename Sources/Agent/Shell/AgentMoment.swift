import Journal
import PowerEvents
import Prometheus
import Shedding
import StrictJSON

/// One moment of the agent as a value. Taking it costs the enforcer next to nothing; what is made of it, with thousands of
/// controls, is made elsewhere.
struct AgentMoment: Sendable {
    let core: Core
    let readiness: Readiness
    let journalFailure: String?
    /// By the clock that is never set.
    let now: Timestamp
    let agentID: String
    let isBrokerReady: Bool
    let configuration: JSONValue
    let generation: Int
    /// As ``StatusSnapshot/standby``; nil where it is alone.
    var standby: JSONValue?

    /// - Parameter summarises: with how far each breach has come, in hints and watts
    func snapshot(summarises: Bool) -> StatusSnapshot {
        var snapshot = StatusSnapshot(
            core, readiness: readiness, journalFailure: journalFailure, now: now, summarises: summarises)
        snapshot.agentID = agentID
        snapshot.isBrokerReady = isBrokerReady
        snapshot.configuration = configuration
        snapshot.generation = generation
        if let standby { snapshot.standby = standby }
        return snapshot
    }
}

extension Enforcer {
    func moment() -> AgentMoment {
        AgentMoment(
            core: core, readiness: parts.facts.readiness.value, journalFailure: parts.store.failure, now: now().steady,
            agentID: parts.agentID, isBrokerReady: parts.metrics.brokerReady.series.value > 0,
            configuration: parts.configuration.json, generation: parts.configuration.generation,
            standby: parts.standby?())
    }
}
