import Foundation

/// Threads of their own for what keeps a lease: on the threads that all tasks share, a breach with thousands of machines
/// would make a keepalive wait.
enum OwnThreads {
    /// For an actor.
    final class Serial: SerialExecutor {
        private let queue: DispatchQueue

        init(_ label: String) { queue = DispatchQueue(label: label, qos: .userInitiated) }

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            queue.async { [self] in job.runSynchronously(on: asUnownedSerialExecutor()) }
        }
    }

    /// For the tasks that it has run.
    final class Concurrent: TaskExecutor {
        private let queue: DispatchQueue

        init(_ label: String) { queue = DispatchQueue(label: label, qos: .userInitiated, attributes: .concurrent) }

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            queue.async { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
        }
    }
}
