public import PowerEvents

/// What the agent that led before may still have on its way to a control: BMCs take a minute for some requests, and what
/// was sent outlives its sender.
public struct FormerWrites: Sendable, Hashable {
    /// When the last of it has arrived; nil where it has, and nothing was read since: what shows may be of that.
    public var lastArrival: Timestamp?
    /// Whether a change of power may be among it.
    public var isWithReset: Bool

    public init(lastArrival: Timestamp?, isWithReset: Bool) {
        self.lastArrival = lastArrival
        self.isWithReset = isWithReset
    }
}

/// The controls that the agent that led before has written to, or was about to.
struct FormerControls: Sendable {
    /// When the last of its requests has arrived, on the steady clock.
    private(set) var until = Timestamp(milliseconds: 0)
    /// Those not read since then.
    private var keys: Set<ControlKey> = []
    /// Those of them that nothing was begun with since then.
    private var toRead: Set<ControlKey> = []
    /// Machines whose power a request of that agent may yet switch.
    private var resets: Set<ControlKey> = []

    init() {}

    init(_ keys: Set<ControlKey>, resets: Set<ControlKey>, until: Timestamp) {
        self.keys = keys
        self.resets = resets
        self.until = until
        toRead = keys
    }

    var isEmpty: Bool { keys.isEmpty }

    func writes(to key: ControlKey, now: Timestamp) -> FormerWrites? {
        guard keys.contains(key) else { return nil }
        return FormerWrites(lastArrival: now < until ? until : nil, isWithReset: resets.contains(key))
    }

    /// A read of a control begins.
    mutating func begin(_ key: ControlKey, now: Timestamp) { if now >= until { toRead.remove(key) } }

    /// When a control is to be read that would be read later otherwise.
    func read(_ key: ControlKey, noLaterThan time: Timestamp) -> Timestamp {
        toRead.contains(key) ? min(time, until) : time
    }

    /// A control was read after all had arrived, or is gone.
    mutating func end(_ key: ControlKey) {
        keys.remove(key)
        toRead.remove(key)
        resets.remove(key)
    }
}
