public import PowerEvents

/// Everything with one `breach_id`: what was asked, by whom, and how far it has come. Durable as a whole.
public struct Breach: Sendable, Hashable, Codable {
    public enum Phase: Sendable, Hashable, Codable {
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
    public struct Origin: Sendable, Hashable, Codable {
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
    /// All hints so far; they only grow and tighten while the breach is open.
    public var plans: [PlannedHint] = []
    /// Controls whose hold was let go.
    public var released: Set<ControlKey> = []
    /// How the release of a control ended. Durable row by row (``Changes/releases``) and not with the breach: a breach
    /// can have thousands of controls, and each of their ends is one small write.
    public var releaseOutcomes: [ControlKey: Outcome] = [:]
    /// The wait after `resolved`, kept because the next breach of the feed may double it.
    public var holdDown: Duration
    /// What the last report said, so that a restart knows whether there is news.
    public var reported: UInt64?
    public var reportedAt: Timestamp?
    /// Whether `max_hold` was passed and said so.
    public var isOverdue = false

    private enum CodingKeys: String, CodingKey {
        case id, origin, feed, isCritical, phase, openedAt, updatedAt, plans, released, holdDown, reported, reportedAt
        case isOverdue
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
