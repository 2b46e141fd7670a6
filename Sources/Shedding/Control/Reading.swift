public import PowerEvents
public import StrictJSON

/// The values that a power limit may be set to.
public struct PowerRange: Sendable, Hashable {
    public var minimum: Watts?
    public var maximum: Watts?
    /// The steps in which it may be set, where that is not a watt.
    public var increment: Watts?

    public init(minimum: Watts? = nil, maximum: Watts? = nil, increment: Watts? = nil) {
        self.minimum = minimum
        self.maximum = maximum
        self.increment = increment
    }
}

/// What a BMC said about a control, in one moment.
public struct Reading: Sendable, Hashable {
    public var value: ControlValue
    /// The members of the resource that a write could change, as the BMC spelled them: absent, null and 0 apart.
    public var fragment: JSONValue
    public var range: PowerRange
    /// The machine's UUID and serial number, where the BMC tells.
    public var identity: MachineIdentity?
    /// Where the BMC holds it; nil where the Redfish module does not say.
    public var place: ControlPlace?
    /// Where the control was found, in the words of the Redfish module; kept so that a restart need not search.
    public var locator: JSONValue
    /// For a power state: what the system may be asked to do.
    public var resetTypes: [ResetType]
    /// For a speed limit.
    public var speeds: SpeedRange?
    /// For a power mode: what may be chosen.
    public var modes: [String] = []
    /// A power limit that stands there without being in force.
    public var dormant: Watts?
    /// The resource through which controls can be changed by one request for several of them.
    public var group: String?
    /// What the BMC said of the last write although it accepted it (DSP0266, 8.6: partial success).
    public var objection: String?

    public init(
        value: ControlValue, fragment: JSONValue, range: PowerRange = PowerRange(), dormant: Watts? = nil,
        group: String? = nil, speeds: SpeedRange? = nil, modes: [String] = [], identity: MachineIdentity? = nil,
        locator: JSONValue = .null, resetTypes: [ResetType] = []
    ) {
        self.value = value
        self.fragment = fragment
        self.range = range
        self.dormant = dormant
        self.group = group
        self.speeds = speeds
        self.modes = modes
        self.identity = identity
        self.locator = locator
        self.resetTypes = resetTypes
    }

    /// Whether a power limit is as a power cycle leaves it: none, or the most there is.
    var isUnlimited: Bool {
        guard case .limit(let watts) = value else { return value.isUnlimited }
        guard let watts, let maximum = range.maximum else { return watts == nil }
        return watts >= maximum
    }
}
