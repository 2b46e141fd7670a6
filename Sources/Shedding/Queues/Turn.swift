/// What is at work in a slot: one run, or several that are written through one resource by one request.
struct Turn: Sendable {
    enum Stage: Sendable, Hashable {
        /// Each reads and is recorded, so that they can be written together.
        case preparing
        /// One write for several is under way, in the order of these runs.
        case writingTogether([RunID])
        /// Each goes on to its end, one after the other.
        case completing
    }

    let priority: Int
    var stage: Stage
    var members: [RunID]
    /// Controls of the same priority that may be written through the same resource.
    var toBegin: [ControlKey] = []
    /// Whether those were looked for.
    var isGathered = false
    /// The member whose turn it is.
    var index = 0
    /// Whether it waits for what a BMC takes its time for, and may give way.
    var isWaiting = false
    /// Whether its BMC's meter is asked while it waits.
    var isMetering = false

    /// - Parameter run: nil where what the control needed was done without one
    init(priority: Int, stage: Stage = .preparing, run: RunID?) {
        self.priority = priority
        self.stage = stage
        members = run.map { [$0] } ?? []
    }

    var current: RunID? { index < members.count ? members[index] : nil }
}
