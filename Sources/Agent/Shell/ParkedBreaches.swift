import PowerEvents
import Synchronization

/// Breaches that nothing is to be said of, since they wait to be resumed: for the outbox, which has their reports from the
/// journal. nil until that is known.
final class ParkedBreaches: Sendable {
    private let breaches = Mutex<Set<UUIDText>?>(nil)

    var value: Set<UUIDText>? {
        get { breaches.withLock { $0 } }
        set { breaches.withLock { $0 = newValue } }
    }
}
