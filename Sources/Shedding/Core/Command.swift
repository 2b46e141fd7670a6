public import PowerEvents

/// What an operator asks of the running agent.
public enum Command: Sendable, Hashable {
    /// Nothing is written to any BMC until thawed.
    case freeze
    case thaw
    /// Ends a breach as its `resolved` would.
    case release(UUIDText)
    /// Takes up what an old journal holds.
    case resume
    /// Caps some resources for a while and puts them back.
    case drill(DrillOrder)
}

/// Whether a ``Command`` could be done.
public enum CommandAnswer: Sendable, Hashable {
    case done
    /// No breach of that id is open, or waits to be resumed.
    case noSuchBreach
    /// The journal was taken up at the start.
    case nothingToResume
    case refused(DrillRefusal)
}
