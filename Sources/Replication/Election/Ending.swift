import Synchronization

/// How a term ended, for everybody who waits for it.
final class Ending: Sendable {
    private struct State {
        var end: TermEnd?
        var waiting: [Int: CheckedContinuation<TermEnd, Never>] = [:]
        var next = 0
    }

    private let state = Mutex(State())

    var end: TermEnd? { state.withLock { $0.end } }

    /// The first end counts.
    func finish(_ end: TermEnd) {
        let waiting = state.withLock { state in
            if state.end == nil { state.end = end }
            defer { state.waiting = [:] }
            return state.waiting.values.map { ($0, state.end ?? end) }
        }
        for (continuation, end) in waiting { continuation.resume(returning: end) }
    }

    func wait() async -> TermEnd {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let end: TermEnd? = state.withLock { state in
                    if let end = state.end { return end }
                    if Task.isCancelled { return .ended }
                    state.waiting[id] = continuation
                    return nil
                }
                if let end { continuation.resume(returning: end) }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: id) }?.resume(returning: .ended)
        }
    }
}
