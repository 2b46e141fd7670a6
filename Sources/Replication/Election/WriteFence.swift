import Foundation
import Synchronization

/// The right to write to machines, until a time of the clock that also counts while a machine is suspended.
///
/// Asked by many threads just before each write; moved by whoever keeps the lease.
public final class WriteFence: Sendable {
    /// Nothing opens it again.
    private static let closed: UInt64 = 1
    /// In nanoseconds since the machine started; 0 where there is no right yet.
    private let deadline = Atomic<UInt64>(0)

    public init() {}

    /// Whether a write may begin now.
    public var isOpen: Bool { BootClock.nanoseconds() < deadline.load(ordering: .acquiring) }

    /// How long writes may still begin; zero where they may not.
    public var timeLeft: Duration {
        let (now, end) = (BootClock.nanoseconds(), deadline.load(ordering: .acquiring))
        return end > now ? .nanoseconds(Int64(min(end - now, UInt64(Int64.max)))) : .zero
    }

    /// Writes may begin until a time. One that was later stays: answers may overtake each other.
    func open(until time: BootInstant) {
        let nanoseconds = time.nanoseconds
        var known = deadline.load(ordering: .relaxed)
        while known < nanoseconds, known != Self.closed {
            let (exchanged, original) = deadline.weakCompareExchange(
                expected: known, desired: nanoseconds, ordering: .acquiringAndReleasing)
            if exchanged { return }
            known = original
        }
    }

    /// For good: a term has a fence of its own.
    func close() { deadline.store(Self.closed, ordering: .releasing) }
}
