public import PowerEvents

/// When something happens, on both clocks.
public struct Moment: Sendable, Hashable {
    /// By which everything becomes due: never set back or forth while the process runs.
    public var steady: Timestamp
    /// What the events of other systems are compared with; people and NTP set it.
    public var wall: Timestamp

    public init(steady: Timestamp, wall: Timestamp) {
        self.steady = steady
        self.wall = wall
    }
}
