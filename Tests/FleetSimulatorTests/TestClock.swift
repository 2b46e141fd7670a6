import FleetSimulator
import Synchronization

/// The time of simulated machines, which a test moves.
final class TestClock: Sendable {
    private let seconds = Mutex(1_800_000_000.0)

    var clock: FleetClock { FleetClock { [self] in seconds.withLock { $0 } } }

    func pass(_ seconds: Double) { self.seconds.withLock { $0 += seconds } }
}
