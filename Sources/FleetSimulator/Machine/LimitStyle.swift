/// How one generation of BMCs offers a power limit: where it stands, and what it takes.
public struct LimitStyle: Sendable, Hashable {
    public enum Place: String, Sendable, Hashable, CaseIterable {
        case environmentMetrics = "environment-metrics"
        case control
        /// A member of `Power.PowerControl`, patched through the array.
        case powerControl = "power-control"
        /// The same, patched as a resource of its own.
        case powerMember = "power-member"
        case dellAttributes = "dell-attributes"
        /// HPE's accelerator power service, set by an action.
        case acceleratorService = "accelerator-service"
        /// A Power resource that has no limit.
        case none
        /// A control in percent, which is none for us.
        case percent
    }

    public var place: Place
    /// The words that a write may say for `ControlMode`; empty where the member itself is refused.
    var modes: [String] = []
    /// Whether null is taken for "no limit".
    var takesNull = false
    /// Whether a set point alone is refused while the limit is off.
    var needsMode = false
    /// Whether a number together with `Disabled`, or null together with any other mode, is a conflict.
    var hasModeConflicts = false
    /// Whether a number turns it on and null turns it off, without a mode.
    var impliesMode = false
    var isRangeEnforced = true
    /// Forgotten when the machine loses its power.
    var isVolatile = false
    /// Not shown while the machine is off.
    var goesWithPower = false
    /// Not shown at all, as of a GPU that is not up.
    var isWithheld = false
    /// The names of Control v1_0_0.
    var hasOlderNames = false
    var units: String? = "W"
    /// Whether the collection takes a PATCH of many controls at once.
    var isDeep = false
    /// Whether the set point falls back to 0 when it is switched off.
    var forgetsWhenOff = false

    /// Whether the chassis of a machine without a limit shows its power in EnvironmentMetrics, and not in Power.
    var isMetered = false

    init(_ place: Place) { self.place = place }

    /// Whether it limits watts at all.
    var isUsable: Bool { ![.none, .percent].contains(place) }

    func with(_ change: (inout LimitStyle) -> Void) -> LimitStyle {
        var copy = self
        change(&copy)
        return copy
    }
}
