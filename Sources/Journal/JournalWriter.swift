public import PowerEvents
import Synchronization

/// Group commit: what many tasks want durable at about the same time goes to the disk in one transaction.
///
/// While one transaction is on its way, later batches gather and form the next; nobody waits for a timer.
public final class JournalWriter: Sendable {
    /// The time that transactions took, and how many there were.
    public struct Effort: Sendable, Hashable {
        public var spent = Duration.zero
        public var transactions = 0
    }

    private struct Waiting {
        let batch: JournalBatch
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var waiting: [Waiting] = []
        var isFlushing = false
        var effort = Effort()
    }

    private let journal: JournalDatabase
    private let now: @Sendable () -> Timestamp
    private let state = Mutex(State())

    public init(_ journal: JournalDatabase, now: @escaping @Sendable () -> Timestamp) {
        self.journal = journal
        self.now = now
    }

    public var effort: Effort { state.withLock { $0.effort } }

    /// Returns when the batch is durable. Batches become durable in the order of these calls: the batch is queued
    /// before the caller's actor can do anything else, or an older state could overwrite a newer one.
    public func commit(_ batch: JournalBatch, isolation: isolated (any Actor)? = #isolation) async throws {
        if batch.isEmpty { return }
        try await withCheckedThrowingContinuation(isolation: isolation) { continuation in
            let mustStart = state.withLock { state in
                state.waiting.append(Waiting(batch: batch, continuation: continuation))
                defer { state.isFlushing = true }
                return !state.isFlushing
            }
            if mustStart { Task.detached { self.flush() } }
        }
    }

    private func flush() {
        while true {
            let group = state.withLock { state in
                defer { state.waiting = [] }
                if state.waiting.isEmpty { state.isFlushing = false }
                return state.waiting
            }
            if group.isEmpty { return }
            let start = ContinuousClock.now
            let result = Result { try journal.write(group.map(\.batch), now: now()) }
            state.withLock { state in
                state.effort.spent += .now - start
                state.effort.transactions += 1
            }
            for item in group { item.continuation.resume(with: result) }
        }
    }
}
