import Journal
import Logging
import PowerEvents
import Replication
import Shedding
import StrictJSON

/// What a follower shows of the journal that it has: breaches, holds and freezes as the leader wrote them, and nothing of
/// machines, which it does not look at.
actor FollowerView {
    struct Parts: Sendable {
        let journal: FollowedJournal
        let status: @Sendable () -> ReplicationStatus
        let answer: @Sendable () -> StandbyAnswer
        let isBrokerReady: @Sendable () -> Bool
        let state: ConfigurationState
        let logger: Logger
    }

    private let parts: Parts
    private let clock: SteadyClock
    private var configuration: AgentConfiguration
    private var latest: (entry: Int64, madeAt: ContinuousClock.Instant, core: Core)?

    /// A journal that grows all the time is read again no more often, nor for more than a fifth of the time.
    private static let leastAge = Duration.milliseconds(200)
    private static let restShare = 4
    private var rest = FollowerView.leastAge

    init(_ configuration: AgentConfiguration, clock: SteadyClock, parts: Parts) {
        self.configuration = configuration
        self.clock = clock
        self.parts = parts
    }

    func adopt(_ configuration: AgentConfiguration) {
        self.configuration = configuration
        latest = nil
    }

    func moment() async -> AgentMoment {
        let core = await core()
        return AgentMoment(
            core: core, readiness: Readiness(core.book.site), journalFailure: nil, now: clock.now(),
            agentID: configuration.agentID, isBrokerReady: parts.isBrokerReady(), configuration: parts.state.json,
            generation: parts.state.generation, standby: parts.answer().json)
    }

    private func core() async -> Core {
        let entry = parts.status().applied
        if let latest, latest.entry == entry || .now - latest.madeAt < rest { return latest.core }
        let began = ContinuousClock.now
        var contents = Core.Contents()
        do { contents = try await parts.journal.shown() } catch {
            parts.logger.error("the journal cannot be read", metadata: ["reason": "\(error)"])
        }
        let core = Core(
            site: configuration.site, policy: configuration.policy, mode: configuration.mode, contents: contents,
            bounds: configuration.bounds)
        latest = (entry, .now, core)
        rest = max(Self.leastAge, (.now - began) * Self.restShare)
        return core
    }
}
