public import PowerEvents

/// What happened, for the log and the metrics.
public enum Fact: Sendable {
    /// What the journal held is taken up.
    case resumed(breaches: Int, controls: Int)
    /// What the journal held waits for an operator.
    case parked(JournalAge.Finding)
    /// The breaches of which nothing is to be published meanwhile.
    case heldBack(Set<UUIDText>)
    /// Nothing waits for an operator any more.
    case confirmed
    case accepted(ReceivedAlert, BreachAlert)
    /// What becomes of the hints of a breach, after an alert of it was accepted.
    case planned([PlannedHint])
    /// None of an alert's hints is of this inventory, and others own them.
    case foreign(ReceivedAlert)
    /// A newer alert of its breach came with it.
    case overtaken(ReceivedAlert)
    /// An accepted alert cannot be read any more.
    case unreadable(ReceivedAlert)
    /// What would be done for an alert in `mode: enforce`.
    case observed(Observation)
    case drillEnded(Drill)
    /// A convergence has ended; whether otherwise than the one before.
    case ended(ControlEntry, Outcome, isReverting: Bool, isNews: Bool)
    /// Indirect: a report is large.
    indirect case reported(Report)
    case alarm(String)
    /// BMCs began to fail, or are relied on again.
    case healthChanged(FleetHealth.News)
    case commanded(Command)
    /// A freeze has ended by its time.
    case thawed(Freeze)
    case modeChanged(from: Mode, to: Mode)
}
