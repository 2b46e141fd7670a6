import PowerEvents
import Synchronization

/// What the latest alert of each breach said for people: what its feed carries, what it may, and what people are to do.
/// Nothing is decided by it, so that it is not durable: after a start it is unknown until the next alert.
final class AlertedLoads: Sendable {
    struct Load: Sendable, Hashable {
        /// Whose word it is. Somebody else's of the same breach is none.
        let source: String
        let measured: Watts
        let target: Watts
        /// What is for people to do: each once, from the least to the most disruptive.
        let actions: [BreachAlert.InfrastructureAction]
        /// When it came in.
        let at: Timestamp
    }

    /// Breaches are bounded where they are accepted; what is refused there must not grow here.
    private static let most = 1024

    private let loads = Mutex<[UUIDText: Load]>([:])

    var value: [UUIDText: Load] { loads.withLock { $0 } }

    func note(_ alert: BreachAlert, from source: String, at: Timestamp) {
        let load = Load(
            source: source, measured: alert.measuredLoad.watts, target: alert.loadConstraint.watts,
            actions: alert.distinctActions, at: at)
        loads.withLock { loads in
            if loads.count >= Self.most, loads[alert.breachID] == nil,
                let oldest = loads.min(by: { $0.value.at < $1.value.at })
            {
                loads[oldest.key] = nil
            }
            loads[alert.breachID] = load
        }
    }
}
