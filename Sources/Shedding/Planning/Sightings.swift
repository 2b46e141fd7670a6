public import PowerEvents

/// What was last seen of a power limit, without having anything to do with it.
public struct ControlSight: Sendable, Hashable {
    public var range: PowerRange
    /// The limit in force; nil where there is none.
    public var limit: Watts?
    /// Whether the BMC offers no such control.
    public var isMissing: Bool

    public init(range: PowerRange = PowerRange(), limit: Watts? = nil, isMissing: Bool = false) {
        self.range = range
        self.limit = limit
        self.isMissing = isMissing
    }

    /// What it lets through at most: its present limit, or the most that it can be set to.
    var most: Watts? { [limit, range.maximum].compactMap { $0 }.min() }
}

/// What one look at a BMC showed.
public struct Sight: Sendable {
    public var controls: [ControlKey: ControlSight]
    /// What meters showed, by resource.
    public var watts: [String: Watts]
    /// What is wrong with the whole BMC; nothing of its resources was seen then.
    public var trouble: BMCTrouble?
    /// Which machine each resource was seen to be.
    public var identities: [String: MachineIdentity] = [:]

    public init(controls: [ControlKey: ControlSight] = [:], watts: [String: Watts] = [:]) {
        self.controls = controls
        self.watts = watts
    }
}

/// What was seen of controls and meters, of this process only: budgets are split by it, and nothing is believed because
/// of it.
public struct Sightings: Sendable {
    struct Reading: Sendable, Hashable {
        var watts: Watts
        var at: Timestamp
    }

    private var controls: [ControlKey: ControlSight] = [:]
    private var readings: [String: Reading] = [:]
    /// Of each resource, what was last kept as evidence.
    private var noted: [String: Reading] = [:]
    /// Keys that were found to lead to the control of another one. Budgets are split by it; what is held is not shared
    /// because of it.
    private var primaries: [ControlKey: ControlKey] = [:]

    public init() {}

    /// What was measured longer ago counts as unknown. The patrol comes by once a minute, and waits while there is much
    /// to do.
    static let longestAge = Duration.seconds(600)

    public mutating func take(_ sight: Sight, now: Timestamp) {
        for (key, seen) in sight.controls { controls[key] = seen }
        for (resource, watts) in sight.watts { readings[resource] = Reading(watts: watts, at: now) }
    }

    /// What a control tells of itself while something is done with it. Its present limit may be ours, and is not taken.
    mutating func learn(_ range: PowerRange, of key: ControlKey) {
        var sight = controls[key] ?? ControlSight()
        sight.range.minimum = range.minimum ?? sight.range.minimum
        sight.range.maximum = range.maximum ?? sight.range.maximum
        sight.range.increment = range.increment ?? sight.range.increment
        sight.isMissing = false
        controls[key] = sight
    }

    mutating func share(_ key: ControlKey, with primary: ControlKey) {
        if primary != self.primary(of: key) { primaries[key] = self.primary(of: primary) }
    }

    /// The inventory may lead elsewhere now.
    mutating func forgetSharing() { primaries = [:] }

    /// One key for all that were found to lead to one control.
    func primary(of key: ControlKey) -> ControlKey {
        var known = key
        for _ in 0..<8 {
            guard let next = primaries[known], next != key else { return known }
            known = next
        }
        return known
    }

    /// A BMC said that it offers no such control.
    mutating func miss(_ key: ControlKey) { controls[key] = ControlSight(isMissing: true) }

    subscript(key: ControlKey) -> ControlSight? { controls[key] }

    func isMissing(_ key: ControlKey) -> Bool { controls[key]?.isMissing == true }

    func reading(of resource: String) -> Reading? { readings[resource] }

    /// Evidence is kept of what has changed by a fiftieth, and otherwise once a minute: ten thousand machines would fill the
    /// journal with thousands of rows a second of what everybody knows.
    mutating func isWorthNoting(_ resource: String, now: Timestamp) -> Bool {
        guard let reading = readings[resource] else { return false }
        if let last = noted[resource], now - last.at < .seconds(60) {
            let change = (reading.watts.microwatts - last.watts.microwatts).magnitude
            if change < last.watts.microwatts.magnitude / 50 { return false }
        }
        noted[resource] = reading
        return true
    }

    /// What a resource drew when it was last measured.
    func draw(of resource: String, now: Timestamp) -> Watts? {
        readings[resource].flatMap { now - $0.at <= Self.longestAge ? $0.watts : nil }
    }
}
