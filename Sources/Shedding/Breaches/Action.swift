public import PowerEvents

/// What the keeper of a ``Breaches`` is to do, in this order, after having made the book's changes durable.
public enum Action: Sendable, Hashable {
    /// Bring a control to its goal when its BMC's turn comes; lower priorities first.
    case converge(ControlKey, priority: Int)
    /// Indirect: a report is ten times as large as the others, of which an alert can make thousands.
    indirect case report(Report)
    /// Tell people.
    case alarm(String)

    public var isConverge: Bool { if case .converge = self { true } else { false } }
}

/// What changed in a ``Breaches`` since it was last asked, to be made durable in one transaction.
///
/// A breach can have thousands of plans, and most changes bear on none or one of them: what is written is as small as
/// what has changed.
public struct Changes: Sendable {
    /// Breaches to be written whole.
    public var breaches: [Breach] = []
    /// The same of breaches that are durable already, without their plans and what was let go (``Breach/withoutPlans``).
    public var states: [Breach] = []
    /// Plans that have taken the place of others in a breach that is durable already.
    public var plans: [(breach: UUIDText, position: Int, plan: PlannedHint)] = []
    /// Controls that such a breach has let go of.
    public var letGo: [(breach: UUIDText, control: ControlKey)] = []
    /// Breaches that need not be known any more.
    public var removedBreaches: [UUIDText] = []
    public var controls: [(entry: ControlEntry, outcome: Outcome?)] = []
    public var removedControls: [ControlKey] = []
    /// How the releases of controls from breaches ended.
    public var releases: [(breach: UUIDText, control: ControlKey, outcome: Outcome)] = []
    /// All that are in force; nil where that did not change.
    public var freezes: [Freeze]?
    public var history: [HistoryEntry] = []
    /// What meters showed, in the order in which it was read.
    public var readings: [PowerReading] = []

    public init() {}

    public var isEmpty: Bool {
        breaches.isEmpty && states.isEmpty && plans.isEmpty && letGo.isEmpty && removedBreaches.isEmpty
            && controls.isEmpty && removedControls.isEmpty && releases.isEmpty && freezes == nil && history.isEmpty
            && readings.isEmpty
    }
}
