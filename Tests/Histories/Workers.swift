import Foundation
import Synchronization

/// Threads of their own, at low priority: histories take minutes of computing, and must starve neither the tasks nor the
/// processes of the tests beside them.
enum Workers {
    /// Calls `body` on as many threads as there are processors; returns when all have returned.
    static func run(_ body: @Sendable @escaping () -> Void) async {
        let crew = Crew(ProcessInfo.processInfo.activeProcessorCount)
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            for _ in 0..<crew.size {
                let thread = Thread {
                    // On Linux this is of the calling thread alone.
                    setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
                    body()
                    if crew.leave() { continuation.resume() }
                }
                thread.stackSize = 16 << 20
                thread.start()
            }
        }
    }

    private final class Crew: Sendable {
        let size: Int
        private let running: Mutex<Int>

        init(_ size: Int) {
            self.size = size
            running = Mutex(size)
        }

        /// - Returns: true for the last one
        func leave() -> Bool {
            running.withLock { running in
                running -= 1
                return running == 0
            }
        }
    }
}
