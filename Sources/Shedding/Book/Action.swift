public import PowerEvents

/// What the keeper of a ``Book`` is to do, in this order, after having made the book's changes durable.
public enum Action: Sendable, Hashable {
    /// Bring a control to its goal when its BMC's turn comes; lower priorities first.
    case converge(ControlKey, priority: Int)
    /// Indirect: a report is ten times as large as the others, of which an alert can make thousands.
    indirect case report(Report)
    /// Tell people.
    case alarm(String)

    public var isConverge: Bool { if case .converge = self { true } else { false } }
}

/// What changed in a ``Book`` since it was last asked, to be made durable in one transaction.
public struct Changes: Sendable {
    public var breaches: [Breach] = []
    public var controls: [(entry: ControlEntry, outcome: Outcome?)] = []
    public var removedControls: [ControlKey] = []
    /// How the releases of controls from breaches ended.
    public var releases: [(breach: UUIDText, control: ControlKey, outcome: Outcome)] = []
    /// nil where that did not change.
    public var isFrozen: Bool?
    public var history: [HistoryEntry] = []

    public init() {}

    public var isEmpty: Bool {
        breaches.isEmpty && controls.isEmpty && removedControls.isEmpty && releases.isEmpty && isFrozen == nil
            && history.isEmpty
    }
}
