public import PowerEvents

/// What an operator asks of the running agent.
public enum Command: Sendable, Hashable {
    /// Nothing is written to any BMC, or to a part of the site, until thawed.
    case freeze(Freeze)
    /// nil: everything.
    case thaw(FreezeScope?)
    /// Ends a breach as its `resolved` would; where it is not to wait, without the hold-down and the steps.
    case release(UUIDText, isHurried: Bool = false)
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
    /// Nothing of what is to be thawed is frozen.
    case notFrozen
    /// There are as many freezes as there can be.
    case tooManyFreezes
    /// The journal was taken up at the start.
    case nothingToResume
    case refused(DrillRefusal)
    /// This agent does not lead its site any more (``Input/leaseLost``).
    case notLeading
}
