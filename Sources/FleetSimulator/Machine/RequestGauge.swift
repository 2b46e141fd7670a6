import Synchronization

/// Counts the requests that are being answered at once.
public final class RequestGauge: Sendable {
    private let state = Mutex((now: 0, most: 0))

    public init() {}

    public var most: Int { state.withLock { $0.most } }

    func began() {
        state.withLock { state in
            state.now += 1
            state.most = max(state.most, state.now)
        }
    }

    func ended() { state.withLock { $0.now -= 1 } }
}
