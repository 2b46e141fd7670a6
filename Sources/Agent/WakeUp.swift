import Synchronization

/// A call whose target is made after its callers, because the two know each other.
final class WakeUp: Sendable {
    private let action = Mutex<(@Sendable () -> Void)?>(nil)

    var target: (@Sendable () -> Void)? {
        get { action.withLock { $0 } }
        set { action.withLock { $0 = newValue } }
    }

    func call() { target?() }
}
