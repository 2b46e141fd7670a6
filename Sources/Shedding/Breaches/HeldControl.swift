public import PowerEvents

/// A control with the state that only the running process needs beside its durable entry.
public struct HeldControl: Sendable, Hashable {
    public var entry: ControlEntry
    /// How the last convergence to the present goal ended; nil while it has not.
    public var outcome: Outcome?
    /// Bumped whenever the goal changes, so that the end of an older convergence is told from that of this one.
    public var goalRevision = 0
    public var isRunning = false
    /// With which priority it was handed to its BMC's queue, where it was not yet begun.
    public var queuedPriority: Int?
    /// When it was last written, where that was not told yet.
    public var writtenAt: Timestamp?
    /// When its outcome last changed.
    public var settledAt: Timestamp?
    /// Whether it is back at its prior, and kept in mind for what may still arrive.
    public var isRestored = false
    /// Failed reverts in a row, for the back-off.
    public var failedReverts = 0

    public init(entry: ControlEntry, outcome: Outcome? = nil) {
        self.entry = entry
        self.outcome = outcome
    }
}
