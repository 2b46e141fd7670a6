public import Inventory
public import PowerEvents
public import StrictJSON

/// Everything that must survive a crash about a control that this agent touches.
///
/// It is durable before the first byte of a write goes out. It holds the address and the pins as well, so that a
/// control can be released although its resource has left the inventory.
public struct ControlEntry: Sendable, Hashable, Codable {
    /// What the control held before the first hold on it.
    public struct Prior: Sendable, Hashable, Codable {
        public var value: ControlValue
        public var fragment: JSONValue
        public var takenAt: Timestamp
        /// A power limit that stood there without being in force.
        public var dormant: Watts?

        public init(value: ControlValue, fragment: JSONValue, takenAt: Timestamp, dormant: Watts? = nil) {
            self.value = value
            self.fragment = fragment
            self.takenAt = takenAt
            self.dormant = dormant
        }
    }

    public let key: ControlKey
    public let type: ResourceType
    public let bmc: BMC
    public let pins: Resource.Pins
    public var locator: JSONValue?
    /// The machine that the prior was taken from.
    public var identity: String?
    /// Taken once, before the first write.
    public var prior: Prior?
    /// What was last decided to be written. Set before the write, so that after a crash it may or may not be in force.
    public var intent: ControlValue?
    /// What was read back after our last write; nil as long as none was confirmed.
    public var held: ControlValue?
    /// How often the value had to be put back because somebody else had changed it.
    public var reassertions = 0
    /// Whether this agent has switched its machine's power since the prior was taken: many limits do not outlive that,
    /// so one that is gone may still be ours to restore. nil is no, as entries of earlier versions have it.
    public var isPowerCycled: Bool?
    /// Whether a write towards a hold was decided on and never seen to take. It may still: a machine takes minutes to
    /// shut down, and a request outlives the process that sent it.
    public var isUnconfirmed: Bool?
    /// What was decided on before the ``intent``, since the last write that was seen to take: one of these may be in
    /// force, or come to be.
    public var earlierIntents: [ControlValue]?

    public init(key: ControlKey, type: ResourceType, bmc: BMC, pins: Resource.Pins) {
        self.key = key
        self.type = type
        self.bmc = bmc
        self.pins = pins
    }

    /// Whether a value can be ours: what we wrote, or were about to write when the process ended.
    ///
    /// Firmware rounds to steps that it does not tell. As long as no write was seen to take, what is near to one is what
    /// the BMC made of it, and a dormant limit that is in force now was put in force by half of a write.
    func recognises(_ value: ControlValue) -> Bool {
        let ours = [intent, held].compactMap { $0 } + (earlierIntents ?? [])
        if ours.contains(where: { value.matches($0) }) { return true }
        guard isUnconfirmed == true else { return false }
        return ours.contains { value.isNear($0) } || prior?.dormant.map { value.matches(.limit($0)) } == true
    }

    /// Another value is about to be written.
    public mutating func intend(_ value: ControlValue) {
        if isUnconfirmed == true, let intent, intent != value, earlierIntents?.contains(intent) != true {
            earlierIntents = (earlierIntents ?? []) + [intent]
        }
        intent = value
        isUnconfirmed = true
    }

    /// What was intended was read back.
    mutating func hold(_ value: ControlValue) {
        held = value
        isUnconfirmed = nil
        earlierIntents = nil
    }
}
