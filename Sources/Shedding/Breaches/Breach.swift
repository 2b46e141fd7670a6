public import PowerEvents

/// Everything with one `breach_id`: what was asked, by whom, and how far it has come. Durable as a whole.
public struct Breach: Sendable, Hashable {
    public enum Phase: Sendable, Hashable {
        /// Active or escalated: its holds stand.
        case open
        /// Resolved; the holds stand until the hold-down is over.
        case holdingDown(until: Timestamp)
        /// Holds are being let go, a step at a time.
        case releasing(nextStep: Timestamp)
        /// Over. Known for 30 days, so that it cannot be opened again.
        case closed(at: Timestamp)
    }

    /// What an answer to the breach's latest alert needs of that alert.
    public struct Origin: Sendable, Hashable {
        public var source: String
        public var trace: TraceContext?
        public var correlationID: UUIDText?

        public init(source: String, trace: TraceContext?, correlationID: UUIDText?) {
            self.source = source
            self.trace = trace
            self.correlationID = correlationID
        }
    }

    public let id: UUIDText
    public var origin: Origin
    public var feed: String
    public var isCritical: Bool
    public var phase: Phase = .open
    public let openedAt: Timestamp
    /// When the last alert of this breach was accepted.
    public var updatedAt: Timestamp
    /// All hints so far; they only grow and tighten while the breach is open. Empty once it is over: what asked for
    /// nothing any more need not be kept (``retire()``).
    public var plans: [PlannedHint] = [] {
        didSet { revisions.plans &+= 1 }
    }
    /// Controls whose hold was let go.
    public var released: Set<ControlKey> = []
    /// How the release of a control ended. Durable row by row (``Changes/releases``) and not with the breach: a breach
    /// can have thousands of controls, and each of their ends is one small write.
    public var releaseOutcomes: [ControlKey: Outcome] = [:]
    /// What machines drew when this breach first asked something of them, as far as it was measured.
    public var baselines: [String: Watts] = [:]
    /// The wait after `resolved`, kept because the next breach of the feed may double it.
    public var holdDown: Duration
    /// What the last report said, so that a restart knows whether there is news.
    public var reported: UInt64?
    public var reportedAt: Timestamp?
    /// Whether `max_hold` was passed and said so.
    public var isOverdue = false
    /// Whether an operator wants it let go of at once.
    public var isHurried = false
    /// Of a breach that is over: whether it had hints. nil is no, and of no meaning before that.
    public var hadPlans: Bool?
    private var revisions = Revisions()

    /// How often the plans were changed. Of this process only: two breaches do not differ by it.
    private struct Revisions: Sendable, Hashable {
        var plans = 0

        static func == (left: Self, right: Self) -> Bool { true }
        func hash(into hasher: inout Hasher) {}
    }

    public init(
        id: UUIDText, origin: Origin, feed: String, isCritical: Bool, openedAt: Timestamp, holdDown: Duration
    ) {
        self.id = id
        self.origin = origin
        self.feed = feed
        self.isCritical = isCritical
        self.openedAt = openedAt
        updatedAt = openedAt
        self.holdDown = holdDown
    }

    /// Tells changes of ``plans`` from their absence without comparing thousands.
    var plansRevision: Int { revisions.plans }

    /// Whether it has, or had, hints.
    public var isWithPlans: Bool { !plans.isEmpty || hadPlans == true }

    /// Changes one plan, which somebody else keeps account of: see ``Breaches/replacePlan(at:of:with:)``.
    mutating func replacePlan(at position: Int, with plan: PlannedHint) {
        plans[position] = plan
        revisions.plans &-= 1
    }

    /// Adds one plan, which somebody else keeps account of: see ``Breaches/appendPlan(_:to:)``.
    mutating func appendPlan(_ plan: PlannedHint) {
        plans.append(plan)
        revisions.plans &-= 1
    }

    /// Lets go of what nobody asks of a breach that is over: it is known only so that it is not opened again, and for
    /// the wait of the next one. A hundred large ones would take a start seconds and hundreds of megabytes.
    mutating func retire() {
        if !plans.isEmpty { hadPlans = true }
        plans = []
        released = []
        releaseOutcomes = [:]
        baselines = [:]
    }

    /// Everything but what grows with the hints.
    public var withoutPlans: Breach {
        var small = self
        small.plans = []
        small.released = []
        small.releaseOutcomes = [:]
        small.baselines = [:]
        return small
    }

    /// This, which is ``withoutPlans`` of a later time, with the plans and what was let go of an earlier one.
    public func adding(plansOf earlier: Breach) -> Breach {
        var whole = self
        whole.plans = earlier.plans
        whole.released = earlier.released
        whole.baselines = earlier.baselines
        return whole
    }

    /// How many hints it has, whatever the parts are that they are met by.
    public var hintCount: Int { plans.count { $0.member == nil } }

    public var isOpen: Bool { phase == .open }

    public var isClosed: Bool { if case .closed = phase { true } else { false } }

    /// Whether `resolved` was seen.
    public var isResolved: Bool { !isOpen }

    /// Every control that a hint of this breach may bear on.
    public var controls: [ControlKey] {
        var seen: Set<ControlKey> = []
        return plans.flatMap(\.controls).filter { seen.insert($0).inserted }
    }
}
