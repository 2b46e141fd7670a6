import PowerEvents

/// The controls that the agent that led before may have a request on its way to, as the journal shows: one that was
/// answered, with its answer in the journal, is none.
struct FormerControls: Sendable {
    /// When the last of its requests has arrived, on the steady clock.
    private(set) var until = Timestamp(milliseconds: 0)
    /// Those not read since then, with the longest that their BMCs take for a request.
    private var requests: [ControlKey: Duration] = [:]
    /// When each was first read. Who reads has logged in, and has ended the other's session before: what a BMC had not
    /// taken by then it takes no more.
    private var firstReads: [ControlKey: Timestamp] = [:]
    /// Those of them that nothing was begun with since then.
    private var toRead: Set<ControlKey> = []
    /// Machines whose power a request of that agent may yet switch.
    private var resets: Set<ControlKey> = []

    init() {}

    init(_ requests: [ControlKey: Duration], resets: Set<ControlKey>, until: Timestamp) {
        self.requests = requests
        self.resets = resets
        self.until = until
        toRead = Set(requests.keys)
    }

    var isEmpty: Bool { requests.isEmpty }

    func writes(to key: ControlKey, now: Timestamp) -> FormerWrites? {
        guard requests[key] != nil else { return nil }
        let lastAnswer = lastAnswer(of: key)
        return FormerWrites(
            lastAnswer: now < lastAnswer ? lastAnswer : nil, lastArrival: now < until ? until : nil,
            isWithReset: resets.contains(key))
    }

    /// Whether something may still arrive at a control.
    func mayChange(_ key: ControlKey, now: Timestamp) -> Bool { requests[key] != nil && now < until }

    /// When a BMC must have answered the last request to a control; where it was not read yet, that is not known to be
    /// before all has arrived.
    func lastAnswer(of key: ControlKey) -> Timestamp {
        guard let request = requests[key], let first = firstReads[key] else { return until }
        return min(until, first + request)
    }

    mutating func didRead(_ key: ControlKey, now: Timestamp) {
        if requests[key] != nil, firstReads[key] == nil { firstReads[key] = now }
    }

    /// A read of a control begins.
    mutating func begin(_ key: ControlKey, now: Timestamp) { if now >= until { toRead.remove(key) } }

    /// When a control is to be read that would be read later otherwise.
    func read(_ key: ControlKey, noLaterThan time: Timestamp) -> Timestamp {
        toRead.contains(key) ? min(time, until) : time
    }

    /// A control was read after all had arrived, or is gone.
    mutating func end(_ key: ControlKey) {
        requests[key] = nil
        firstReads[key] = nil
        toRead.remove(key)
        resets.remove(key)
    }
}
