/// The power state of a system (DSP2046, Resource.PowerState).
public enum PowerState: String, Sendable, Hashable {
    case on = "On"
    case off = "Off"
    case poweringOn = "PoweringOn"
    case poweringOff = "PoweringOff"
    case paused = "Paused"
    case sleeping = "Sleeping"
    case hibernating = "Hibernating"
    /// The BMC does not say, or says what the schema does not know. Unknown never means off.
    case unknown

    /// Whether the machine does no work now.
    public var isDown: Bool {
        switch self {
        case .off, .paused, .sleeping, .hibernating: true
        case .on, .poweringOn, .poweringOff, .unknown: false
        }
    }
}
