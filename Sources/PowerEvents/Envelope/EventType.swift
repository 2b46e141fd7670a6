/// The four kinds of event of the contract, by their CloudEvents `type`.
public enum EventType: String, Sendable, Hashable, CaseIterable {
    case loadTargetSet = "grid.loadtarget.set.v1"
    case powerStateStatus = "grid.powerstate.status.v1"
    case breachAlert = "grid.powerbreach.alert.v1"
    case enforcement = "grid.powerbreach.enforcement.v1"

    /// The `subject` that goes with the type.
    public var subject: String {
        switch self {
        case .loadTargetSet: "loadtarget"
        case .powerStateStatus: "powerstate"
        case .breachAlert, .enforcement: "powerbreach"
        }
    }
}
