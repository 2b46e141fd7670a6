import Dispatch
import Synchronization

/// Keeps something from being closed while it is used, and from being used once it is closed.
final class UseGate: Sendable {
    private let isShut = Mutex(false)
    private let users = DispatchGroup()

    /// - Returns: false where it is shut; else ``leave()`` has to follow
    func enter() -> Bool {
        isShut.withLock { isShut in
            if !isShut { users.enter() }
            return !isShut
        }
    }

    func leave() { users.leave() }

    /// Lets nobody in any more, and waits for those who are.
    func shut() {
        isShut.withLock { $0 = true }
        users.wait()
    }
}
