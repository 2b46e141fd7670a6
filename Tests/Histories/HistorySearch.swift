import Synchronization

/// Runs many histories until one goes wrong.
final class HistorySearch: Sendable {
    private let next = Atomic(0)
    private let result = Mutex<(failed: HistoryRun?, steps: Int)>((nil, 0))

    /// The first history that went wrong, if any did.
    var failed: HistoryRun? { result.withLock { $0.failed } }

    var steps: Int { result.withLock { $0.steps } }

    /// Lives through what `make` gives for 0..<count, on all processors.
    func run(_ count: Int, _ make: @Sendable @escaping (Int) -> HistoryRun) async {
        await Workers.run {
            while true {
                let index = self.next.add(1, ordering: .relaxed).oldValue
                guard index < count else { return }
                let run = make(index)
                let mustStop = self.result.withLock { result in
                    result.steps += run.steps
                    if run.violation != nil, result.failed == nil { result.failed = run }
                    return result.failed != nil
                }
                if mustStop { return }
            }
        }
    }
}
