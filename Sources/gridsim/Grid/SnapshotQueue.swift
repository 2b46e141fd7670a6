import PowerEvents
import Synchronization

/// Snapshots, to be waited for a bounded time.
final class SnapshotQueue: Sendable {
    typealias Item = (status: PowerStateStatus, correlationID: UUIDText?)

    private let waiting = Mutex<[Item]>([])
    private let task: Mutex<Task<Void, Never>?>

    init(_ stream: AsyncStream<Item>) {
        task = Mutex(nil)
        let task = Task { [weak self] in
            for await item in stream { self?.add(item) }
        }
        self.task.withLock { $0 = task }
    }

    func stop() { task.withLock { $0?.cancel() } }

    private func add(_ item: Item) { waiting.withLock { $0.append(item) } }

    /// - Returns: nil where none came in time
    func next(until limit: ContinuousClock.Instant) async -> Item? {
        while true {
            if let item = waiting.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { return item }
            guard ContinuousClock.now < limit, !Task.isCancelled else { return nil }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }
}
