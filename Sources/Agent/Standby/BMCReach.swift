import Curl
import Synchronization

/// Whether any BMC still answers this agent. One that is cut off from all of them, and not from etcd, would go on leading and
/// enforce nothing, while another agent may reach them.
final class BMCReach: Sendable {
    private struct State {
        /// BMCs that did not answer since the last answer of any, and since when there are any.
        var silent: Set<String> = []
        var since: ContinuousClock.Instant?
    }

    /// Fewer are those BMCs' own trouble, unless there are no more.
    private static let usualLeast = 5
    private static let patience = Duration.seconds(3)

    private let least: Int
    private let state = Mutex(State())

    /// - Parameter bmcs: how many the inventory has
    init(bmcs: Int) { least = max(1, min(Self.usualLeast, bmcs)) }

    func answered() {
        state.withLock { state in if state.since != nil { state = State() } }
    }

    /// - Parameter url: what was asked for
    func failed(_ error: CurlError, _ url: String, now: ContinuousClock.Instant = .now) {
        switch error.kind {
        case .couldNotConnect, .timeout, .connectionLost, .handshake: break
        // Of a name, of trust, or of our own doing.
        case .couldNotResolve, .tls, .tooLarge, .protocolViolation, .fenced, .shutDown: return
        }
        let origin = url.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: true).prefix(2)
        state.withLock { state in
            if state.since == nil { state.since = now }
            if state.silent.count < least { state.silent.insert(origin.joined(separator: "//")) }
        }
    }

    func isCutOff(now: ContinuousClock.Instant = .now) -> Bool {
        state.withLock { state in
            guard let since = state.since else { return false }
            return state.silent.count >= least && now - since >= Self.patience
        }
    }
}
