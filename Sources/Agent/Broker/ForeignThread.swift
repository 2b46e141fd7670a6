import Dispatch
import Synchronization

/// A thread that belongs to a library and to no pool of tasks.
enum ForeignThread {
    /// Waits there for what is asynchronous. Never to be called from a task: it would keep a thread of the pool from the
    /// very work that it waits for.
    static func wait<Value: Sendable>(for work: @escaping @Sendable () async -> Value) -> Value {
        let done = DispatchSemaphore(value: 0)
        let result = Mutex<Value?>(nil)
        Task(priority: .userInitiated) {
            let value = await work()
            result.withLock { $0 = value }
            done.signal()
        }
        while true {
            done.wait()
            if let value = result.withLock({ $0 }) { return value }
        }
    }
}
