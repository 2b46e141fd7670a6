public import PowerEvents
public import Site
public import StrictJSON

/// Everything that must survive a crash about a control that this agent touches.
///
/// It is durable before the first byte of a write goes out. It holds the address and the pins as well, so that a
/// control can be released although its resource has left the inventory.
public struct ControlEntry: Sendable, Hashable {
    /// What the control held before the first hold on it.
    public struct Prior: Sendable, Hashable {
        public var value: ControlValue
        public var fragment: JSONValue
        public var takenAt: Timestamp
        /// A power limit that stood there without being in force.
        public var dormant: Watts?
        /// Where it was taken; the fragment means something only there. nil in entries of earlier versions.
        public var place: ControlPlace?

        public init(
            value: ControlValue, fragment: JSONValue, takenAt: Timestamp, dormant: Watts? = nil,
            place: ControlPlace? = nil
        ) {
            self.value = value
            self.fragment = fragment
            self.takenAt = takenAt
            self.dormant = dormant
            self.place = place
        }
    }

    /// Copied thousands of times a breach and changed a few times: copies share it until one is changed.
    private(set) var storage: Storage

    public var key: ControlKey { storage.fields.key }
    public var type: ResourceType { storage.fields.type }
    /// How it is reached. A changed inventory may say otherwise while it is held.
    public var bmc: BMC {
        get { storage.fields.bmc }
        _modify {
            makeUnique()
            yield &storage.fields.bmc
        }
    }
    public var pins: Resource.Pins { storage.fields.pins }
    public var locator: JSONValue? {
        get { storage.fields.locator }
        _modify {
            makeUnique()
            yield &storage.fields.locator
        }
    }
    /// Where its BMC was last seen to hold it.
    public var place: ControlPlace? {
        get { storage.fields.place }
        _modify {
            makeUnique()
            yield &storage.fields.place
        }
    }
    /// Other keys whose resources lead to this very control. Their holds are on this one.
    public var sharedBy: [ControlKey]? {
        get { storage.fields.sharedBy }
        _modify {
            makeUnique()
            yield &storage.fields.sharedBy
        }
    }
    /// The machine that the prior was taken from.
    public var identity: MachineIdentity? {
        get { storage.fields.identity }
        _modify {
            makeUnique()
            yield &storage.fields.identity
        }
    }
    /// Taken once, before the first write.
    public var prior: Prior? {
        get { storage.fields.prior }
        _modify {
            makeUnique()
            yield &storage.fields.prior
        }
    }
    /// Whether its resource has got another BMC while it was held: that it is the same machine has to be known then.
    public var isMoved: Bool? {
        get { storage.fields.isMoved }
        _modify {
            makeUnique()
            yield &storage.fields.isMoved
        }
    }
    /// What was last decided to be written. Set before the write, so that after a crash it may or may not be in force.
    public var intent: ControlValue? {
        get { storage.fields.intent }
        _modify {
            makeUnique()
            yield &storage.fields.intent
        }
    }
    /// What was read back after a write of the ``intent``; nil as long as none was confirmed.
    public var held: ControlValue? {
        get { storage.fields.held }
        _modify {
            makeUnique()
            yield &storage.fields.held
        }
    }
    /// What the BMC made of our last write where that is further from it than its steps: it failed, and is ours to put
    /// back all the same.
    public var made: ControlValue? {
        get { storage.fields.made }
        _modify {
            makeUnique()
            yield &storage.fields.made
        }
    }
    /// How often the value had to be put back because somebody else had changed it.
    public var reassertions: Int {
        get { storage.fields.reassertions }
        _modify {
            makeUnique()
            yield &storage.fields.reassertions
        }
    }
    /// Whether this agent has switched its machine's power since the prior was taken: many limits do not outlive that,
    /// so one that is gone may still be ours to restore. nil is no, as entries of earlier versions have it.
    public var isPowerCycled: Bool? {
        get { storage.fields.isPowerCycled }
        _modify {
            makeUnique()
            yield &storage.fields.isPowerCycled
        }
    }
    /// Whether a write towards a hold was decided on and never seen to take. It may still: a machine takes minutes to
    /// shut down, and a request outlives the process that sent it.
    public var isUnconfirmed: Bool? {
        get { storage.fields.isUnconfirmed }
        _modify {
            makeUnique()
            yield &storage.fields.isUnconfirmed
        }
    }
    /// Whether the BMC said no to every write of the intent that is unconfirmed, and showed afterwards what it had held
    /// before. Then what it comes to hold later is somebody else's, although it be the same.
    public var wasRefused: Bool? {
        get { storage.fields.wasRefused }
        _modify {
            makeUnique()
            yield &storage.fields.wasRefused
        }
    }
    /// The bound of the inventory under which it was capped; a later inventory lowers nothing that is held.
    public var floor: Watts? {
        get { storage.fields.floor }
        _modify {
            makeUnique()
            yield &storage.fields.floor
        }
    }
    /// What was decided on before the ``intent``, since the last write that was seen to take: one of these may be in
    /// force, or come to be.
    public var earlierIntents: [ControlValue]? {
        get { storage.fields.earlierIntents }
        _modify {
            makeUnique()
            yield &storage.fields.earlierIntents
        }
    }

    public init(key: ControlKey, type: ResourceType, bmc: BMC, pins: Resource.Pins) {
        storage = Storage(Fields(key: key, type: type, bmc: bmc, pins: pins))
    }

    private mutating func makeUnique() {
        if !isKnownUniquelyReferenced(&storage) { storage = Storage(storage.fields) }
    }

    /// Whether a value can be ours: what we wrote, or were about to write when the process ended.
    ///
    /// Firmware rounds to steps that it does not tell. As long as no write was seen to take, what is near to one is what
    /// the BMC made of it, and a dormant limit that is in force now was put in force by half of a write.
    func recognises(_ value: ControlValue) -> Bool {
        let ours = [isRefused ? nil : intent, held, made].compactMap { $0 } + (earlierIntents ?? [])
        if ours.contains(where: { value.matches($0) }) { return true }
        guard isUnconfirmed == true else { return false }
        return ours.contains { value.isLikely($0) } || prior?.dormant.map { value.matches(.limit($0)) } == true
    }

    /// Whether something was decided to be written that was never seen to take, nor to be of no effect.
    var hasUnseenWrites: Bool { isUnconfirmed == true || earlierIntents != nil }

    /// Whether the intent demonstrably came to nothing.
    var isRefused: Bool { isUnconfirmed == true && wasRefused == true }

    /// Whether there may be something to put back.
    public var isOwed: Bool { intent != nil || goesWithPower }

    /// Whether it was never written to, since it stood as a breach asked for, and goes with the power of a machine that this
    /// agent switches.
    private var goesWithPower: Bool { isPowerCycled == true && prior.map { !$0.value.isUnlimited } == true }

    /// Another value is about to be written.
    public mutating func intend(_ value: ControlValue) {
        var earlier = earlierIntents ?? []
        let isSame = value == intent
        let unconfirmed = isUnconfirmed == true && !isRefused ? intent : nil
        for before in [unconfirmed, made, isSame ? nil : held].compactMap({ $0 }) {
            if before != value, !earlier.contains(before) { earlier.append(before) }
        }
        // A BMC that makes something else of every write would make this grow without an end.
        earlierIntents = earlier.isEmpty ? nil : Array(earlier.suffix(Self.maximumEarlierIntents))
        // What was held of an earlier intent says nothing of this one.
        if !isSame { held = nil }
        made = nil
        intent = value
        isUnconfirmed = true
        wasRefused = nil
    }

    private static let maximumEarlierIntents = 16

    /// What was intended was read back.
    ///
    /// - Parameter wanted: what is intended now, where that was there without a write of its own
    mutating func hold(_ value: ControlValue, as wanted: ControlValue? = nil) {
        intent = wanted ?? intent
        held = value
        made = nil
        isUnconfirmed = nil
        wasRefused = nil
        earlierIntents = nil
    }

    /// What was intended was read back, while what another agent sent before may still arrive: then it is ours as well. Be it
    /// the same, it is remembered: whoever takes over next has to know that something is on its way.
    mutating func holdForNow(_ value: ControlValue, as wanted: ControlValue? = nil) {
        let doubt = isUnconfirmed
        var sent: [ControlValue] = []
        for value in (earlierIntents ?? []) + [made, intent].compactMap({ $0 }) where !sent.contains(value) {
            sent.append(value)
        }
        hold(value, as: wanted)
        earlierIntents = sent.isEmpty ? nil : Array(sent.suffix(Self.maximumEarlierIntents))
        // A change of power that was asked for may come about yet.
        if key.facet == .powerState { isUnconfirmed = doubt }
    }

    /// Whether a value may be what was sent at any time, towards a hold or back; of what was never seen to take, by the steps
    /// of whichever firmware.
    func mayHaveBeenSent(_ value: ControlValue) -> Bool {
        let unseen = (earlierIntents ?? []) + (isUnconfirmed == true ? [intent].compactMap { $0 } : [])
        let sent = [intent, held, made, prior?.value].compactMap { $0 } + unseen
        return sent.contains { value.matches($0) } || unseen.contains { value.isLikely($0) }
    }

    /// What was held by us is no longer ours: somebody else has taken the control over, and it is theirs to put right.
    mutating func disown() {
        intent = nil
        held = nil
        made = nil
        isUnconfirmed = nil
        wasRefused = nil
        earlierIntents = nil
        prior = nil
    }
}
