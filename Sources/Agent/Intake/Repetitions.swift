import PowerEvents
import Synchronization

/// What is remembered of payloads that come again, so that a flood of them costs neither disk nor answers.
final class Repetitions: Sendable {
    private struct State {
        var answered: [UUIDText: ContinuousClock.Instant] = [:]
        var refused: [String: ContinuousClock.Instant] = [:]
    }

    /// A breach's latest report is published again for its repeated alerts no more often than this.
    static let answerEvery = Duration.seconds(10)
    /// A payload that was refused for a reason that may pass is examined again no more often than this.
    static let refuseEvery = Duration.seconds(1)
    private static let maximum = 4096

    private let state = Mutex(State())

    /// Whether a repetition of a breach's alert is to be answered.
    func mayAnswer(_ breach: UUIDText, now: ContinuousClock.Instant = .now) -> Bool {
        state.withLock { Self.isDue(breach, every: Self.answerEvery, now, &$0.answered) }
    }

    /// A payload was refused, and is to be forgotten, since it may be accepted another time.
    func refused(_ digest: String, now: ContinuousClock.Instant = .now) {
        state.withLock { _ = Self.isDue(digest, every: Self.refuseEvery, now, &$0.refused) }
    }

    /// Whether a payload was refused a moment ago, and nothing can have changed since.
    func isRefused(_ digest: String, now: ContinuousClock.Instant = .now) -> Bool {
        state.withLock { state in state.refused[digest].map { now - $0 < Self.refuseEvery } ?? false }
    }

    private static func isDue<Key>(
        _ key: Key, every: Duration, _ now: ContinuousClock.Instant, _ times: inout [Key: ContinuousClock.Instant]
    ) -> Bool {
        if let last = times[key], now - last < every { return false }
        if times.count >= maximum { times = times.filter { now - $0.value < every } }
        // So many at once are no repetitions of ours any more.
        if times.count >= maximum { return false }
        times[key] = now
        return true
    }
}
