import PowerEvents
import Synchronization

/// What the gate measures messages by, changed by a reload.
public final class IntakeRules: Sendable {
    struct Values: Sendable {
        /// The oldest `time` of an event that is still accepted.
        var maximumAge: Duration
        var limits: AgentConfiguration.Limits
    }

    private let values: Mutex<Values>

    public init(maximumAge: Duration, limits: AgentConfiguration.Limits) {
        values = Mutex(Values(maximumAge: maximumAge, limits: limits))
    }

    var now: Values { values.withLock { $0 } }

    func adopt(maximumAge: Duration, limits: AgentConfiguration.Limits) {
        values.withLock { $0 = Values(maximumAge: maximumAge, limits: limits) }
    }
}
