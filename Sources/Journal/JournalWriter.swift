import Dispatch
import Foundation
public import PowerEvents
import Retrying
import Synchronization

/// Group commit: what many tasks want durable at about the same time goes to the disk in one transaction.
///
/// While one transaction is on its way, and for some milliseconds after it where much is to do (``CommitPace``), later
/// batches gather and form the next. On a thread of its own, since the disk keeps it waiting.
public final class JournalWriter: Sendable {
    /// The time that transactions took, and how many there were.
    public struct Effort: Sendable, Hashable {
        public var spent = Duration.zero
        /// Without what was waited, be it for the disk or for a processor.
        public var processor = Duration.zero
        public var transactions = 0
    }

    /// Called once, on the writer's thread.
    public typealias Completion = @Sendable (Result<Void, any Error>) -> Void

    public typealias Queue = CommitQueue<Completion>

    private struct State {
        var queue = Queue()
        var pace = CommitPace()
        var effort = Effort()
        var isGivingUp = false
    }

    private let journal: JournalDatabase
    private let now: @Sendable () -> Timestamp
    private let onFailure: @Sendable (any Error) -> Void
    private let state = Mutex(State())
    private let thread = DispatchQueue(label: "journal writer", qos: .userInitiated)

    /// - Parameter onFailure: told of each transaction that failed
    public init(
        _ journal: JournalDatabase, now: @escaping @Sendable () -> Timestamp,
        onFailure: @escaping @Sendable (any Error) -> Void = { _ in }
    ) {
        self.journal = journal
        self.now = now
        self.onFailure = onFailure
    }

    public var effort: Effort { state.withLock { $0.effort } }

    /// Queues a batch. Batches become durable in the order of these calls.
    ///
    /// - Parameter whenDone: told that the batch is durable, or why it never will be: the disk refuses and the batch is not
    ///   patient, or the process ends first
    public func append(_ batch: JournalBatch, _ patience: Queue.Patience = .once, whenDone: @escaping Completion) {
        if batch.isEmpty { return whenDone(.success(())) }
        let mustStart = state.withLock { $0.queue.add(.init(batch, patience, ticket: whenDone)) }
        if mustStart { thread.async { self.flush(delay: Self.shortestDelay) } }
    }

    /// Returns when the batch is durable.
    public func commit(_ batch: JournalBatch, _ patience: Queue.Patience = .once) async throws {
        try await withCheckedThrowingContinuation { continuation in
            append(batch, patience) { continuation.resume(with: $0) }
        }
    }

    /// Lets patient batches fail from now on: the process is about to end, and what it held is found again by
    /// looking at the BMCs.
    public func giveUpOnFailure() { state.withLock { $0.isGivingUp = true } }

    /// Of this thread, on which a transaction begins and ends.
    private static var processorTime: Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    private static let shortestDelay = Backoff.disk.first

    /// The pause after one more refusal of the disk.
    static func delay(after last: Duration) -> Duration { min(last * 2, Backoff.disk.longest) }

    /// - Parameter delay: after the next refusal of the disk
    private func flush(delay: Duration) {
        var delay = delay
        while true {
            let wait = state.withLock { $0.pace.wait(now: .now) }
            if wait > .zero { return flush(after: wait, delay: delay) }
            let group = state.withLock { $0.queue.take() }
            if group.isEmpty { return }
            let start = ContinuousClock.now
            let startOfWork = Self.processorTime
            let result = Result { try journal.write(group.map(\.batch), now: now()) }
            let work = Self.processorTime - startOfWork
            state.withLock { state in
                let end = ContinuousClock.now
                state.pace.took(end - start, now: end)
                state.effort.spent += end - start
                state.effort.processor += work
                state.effort.transactions += 1
            }
            switch result {
            case .success:
                delay = Self.shortestDelay
                for item in group { item.ticket(.success(())) }
            case .failure(let error):
                onFailure(error)
                let (failed, mustWait) = state.withLock { state in
                    var failed = state.queue.putBack(group)
                    if state.isGivingUp { failed += state.queue.abandon() }
                    return (failed, !state.queue.isEmpty)
                }
                for item in failed { item.ticket(.failure(error)) }
                if mustWait { return flush(after: delay, delay: Self.delay(after: delay)) }
            }
        }
    }

    private func flush(after wait: Duration, delay: Duration) {
        thread.asyncAfter(deadline: .now() + wait / .seconds(1)) { self.flush(delay: delay) }
    }
}
