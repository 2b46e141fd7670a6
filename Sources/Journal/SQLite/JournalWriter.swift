import Foundation
import PowerEvents
import Retrying
import Synchronization

/// Group commit: what many tasks want durable at about the same time goes to the disk in one transaction.
///
/// While one transaction is on its way, and for some milliseconds after it where much is to do (``CommitPace``), later
/// batches gather and form the next. On a thread of its own, since the disk keeps it waiting.
final class JournalWriter: Sendable {
    typealias Queue = CommitQueue<Store.Completion>

    private struct State {
        var queue = Queue()
        var pace = CommitPace()
        var effort = CommitEffort()
        var isGivingUp = false
    }

    private let journal: JournalDatabase
    private let now: @Sendable () -> Timestamp
    private let onFailure: @Sendable (any Error) -> Void
    private let state = Mutex(State())
    private let thread = DispatchQueue(label: "journal writer", qos: .userInitiated)

    /// - Parameter onFailure: told of each transaction that failed
    init(
        _ journal: JournalDatabase, now: @escaping @Sendable () -> Timestamp,
        onFailure: @escaping @Sendable (any Error) -> Void = { _ in }
    ) {
        self.journal = journal
        self.now = now
        self.onFailure = onFailure
    }

    var effort: CommitEffort { state.withLock { $0.effort } }

    /// Batches become durable in the order of these calls.
    func enqueue(_ batch: JournalBatch, _ patience: CommitPatience, whenDone: @escaping Store.Completion) {
        if batch.isEmpty { return whenDone(.success(())) }
        let mustStart = state.withLock { $0.queue.add(.init(batch, patience, ticket: whenDone)) }
        if mustStart { thread.async { self.flush(delay: Self.shortestDelay) } }
    }

    /// Lets patient batches fail from now on.
    func giveUpOnFailure() {
        state.withLock { $0.isGivingUp = true }
        journal.giveUpAppending()
    }

    /// Of this thread, on which a transaction begins and ends.
    ///
    /// Its seconds and nanoseconds are read as the two words that they are: the members of a C structure belong to whichever
    /// module was loaded first, and that changes from build to build.
    private static var processorTime: Duration {
        withUnsafeTemporaryAllocation(of: timespec.self, capacity: 1) { buffer in
            guard let time = buffer.baseAddress, clock_gettime(CLOCK_THREAD_CPUTIME_ID, time) == 0 else { return .zero }
            let words = UnsafeRawPointer(time)
            return .seconds(words.load(as: Int.self))
                + .nanoseconds(words.load(fromByteOffset: MemoryLayout<Int>.size, as: Int.self))
        }
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
