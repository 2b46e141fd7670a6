import Journal
import Logging
import PowerEvents
import Prometheus
import Replication
import Shedding
import Synchronization

/// What a follower does with messages from the bus: it keeps the broker from forgetting them until the leader has them.
///
/// Everything is verified by the leader's own rules. What those refuse is dropped. What is good stays unacknowledged until
/// its mark is in this agent's journal, where the log brings it once the leader has it; so that if the leader is lost
/// first, the broker delivers it again, to this agent as the next leader.
final class FollowerIntake: Sendable {
    /// Under one leader, with this agent up to date, for so long: it is no alert to that one, or was one long ago.
    static let longestWait = Duration.seconds(60)
    /// Nothing else comes from the connection meanwhile, nor does it keep itself alive: after this it is made anew.
    static let longestHold = Duration.seconds(20)
    private static let period = Duration.milliseconds(50)
    /// Looks at the journal for a mark between two for a refusal.
    private static let looksPerRefusal = 20
    private static let mostWaiting = 4096

    private struct Wait {
        let leader: String
        let since: ContinuousClock.Instant
    }

    private let gate: AlertGate
    private let journal: any KnownPayloads
    private let status: @Sendable () -> ReplicationStatus
    private let metrics: AgentMetrics
    private let logger: Logger
    private let now: @Sendable () -> Timestamp
    private let time: Time
    private let isOver = Atomic<Bool>(false)
    private let waits = Mutex<[PayloadMark: Wait]>([:])

    /// What waits are measured by, and how.
    struct Time: Sendable {
        var now: @Sendable () -> ContinuousClock.Instant = { .now }
        var wait: @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) }
    }

    /// - Parameters:
    ///   - journal: as this agent has it by the log
    ///   - now: the wall clock, by which messages are judged
    init(
        gate: AlertGate, journal: any KnownPayloads, status: @escaping @Sendable () -> ReplicationStatus,
        metrics: AgentMetrics, logger: Logger, now: @escaping @Sendable () -> Timestamp, time: Time = Time()
    ) {
        self.gate = gate
        self.journal = journal
        self.status = status
        self.metrics = metrics
        self.logger = logger
        self.now = now
        self.time = time
    }

    /// What is not acknowledged by now is to come again.
    func stop() { isOver.store(true, ordering: .relaxed) }

    /// - Returns: whether the broker may forget it
    func receive(topic: String, payload: [UInt8]) async -> Bool {
        let alert: AcceptedAlert
        do throws(Refusal) { alert = try gate.open(topic: topic, payload: payload, now: now()) } catch {
            // The leader gets the same, and keeps why.
            metrics.alertsRefused[.init(reason: error.reason)].increment()
            logger.debug("refused a message: \(ForeignText.clean(error.detail))")
            return true
        }
        let start = time.now()
        var looks = 0
        while !isOver.load(ordering: .relaxed) {
            do {
                if try await journal.hasSeen(alert.mark) { return done(alert.mark) }
                // The end of a breach that is held is never too old, and whether it is held the leader knows.
                if alert.breachAlert?.status != .resolved, isOutOfTime(alert) { return done(alert.mark) }
                if looks % Self.looksPerRefusal == Self.looksPerRefusal - 1,
                    try await journal.hasRefused(alert.mark.digest)
                {
                    return done(alert.mark)
                }
            } catch {
                logger.error("the journal cannot be read", metadata: ["reason": "\(error)"])
            }
            if hasWaited(alert.mark, now: time.now()) {
                logger.notice(
                    "the leader had a minute for a message and kept nothing of it; the broker may forget it",
                    metadata: ["event": "\(alert.eventID)", "breach": "\(alert.breachID)"])
                return done(alert.mark)
            }
            if time.now() - start > Self.longestHold { return false }
            looks += 1
            await time.wait(Self.period)
        }
        return false
    }

    private func isOutOfTime(_ alert: AcceptedAlert) -> Bool {
        do throws(Refusal) { try gate.checkTime(of: alert, now: now()) } catch { return true }
        return false
    }

    private func done(_ mark: PayloadMark) -> Bool {
        waits.withLock { $0[mark] = nil }
        return true
    }

    /// Whether one and the same live leader had enough time for it, while this agent had all that it wrote.
    private func hasWaited(_ mark: PayloadMark, now: ContinuousClock.Instant) -> Bool {
        let status = status()
        guard status.trouble == nil, status.behind == 0, let leader = status.leader else {
            waits.withLock { $0 = [:] }
            return false
        }
        let term = "\(leader) \(status.since?.description ?? "")"
        return waits.withLock { waits in
            if let wait = waits[mark], wait.leader == term { return now - wait.since >= Self.longestWait }
            if waits.count >= Self.mostWaiting { waits = [:] }
            waits[mark] = Wait(leader: term, since: now)
            return false
        }
    }
}
