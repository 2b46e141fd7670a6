import Foundation
import Synchronization

/// Runs many histories until one goes wrong, or all of them.
final class HistorySearch: Sendable {
    private let next = Atomic(0)
    private let result = Mutex<(failed: [HistoryRun], steps: Int)>(([], 0))
    /// Whether to go on after one has gone wrong, and to say so at once.
    private let keepsGoing: Bool

    init(keepsGoing: Bool = false) { self.keepsGoing = keepsGoing }

    /// The first history that went wrong, if any did.
    var failed: HistoryRun? { result.withLock { $0.failed.first } }

    /// The seeds of all that went wrong, in order.
    var failedSeeds: [UInt64] { result.withLock { $0.failed.map(\.history.seed).sorted() } }

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
                    if let violation = run.violation, self.keepsGoing || result.failed.isEmpty {
                        result.failed.append(run)
                        if self.keepsGoing { Self.say("seed \(run.history.seed): \(violation)") }
                    }
                    return !result.failed.isEmpty && !self.keepsGoing
                }
                if mustStop { return }
            }
        }
    }

    /// At once, and not when a buffer is full.
    private static func say(_ line: String) { FileHandle.standardError.write(Data((line + "\n").utf8)) }
}
