/// How much is done at once, by what the machine that the agent runs on can keep going.
public struct Bounds: Sendable, Hashable {
    /// BMC slots at work at once, slow BMCs left out.
    public var slots: Int
    /// Visits of the patrol at once, slow ones included.
    public var visits: Int
    /// Connections to one BMC.
    public var slotsPerBMC: Int
    /// How often the patrol comes to each BMC; nil: never.
    public var patrolEvery: Duration?

    public init(slots: Int, visits: Int, slotsPerBMC: Int = 1, patrolEvery: Duration? = nil) {
        self.slots = slots
        self.visits = visits
        self.slotsPerBMC = max(1, slotsPerBMC)
        self.patrolEvery = patrolEvery
    }
}
