public import PowerEvents

/// One load target of one feed, as it is scheduled.
public struct LoadTarget: Sendable, Hashable {
    public var constraint: PowerQuantity
    public var start: Timestamp
    /// nil: until it is replaced.
    public var end: Timestamp?
    public var bestEffort: Bool
    /// Of the event that set it.
    public var correlationID: UUIDText
    /// The trace of the event that set it.
    public var trace: TraceContext?

    public init(
        constraint: PowerQuantity, start: Timestamp, end: Timestamp? = nil, bestEffort: Bool = false,
        correlationID: UUIDText, trace: TraceContext? = nil
    ) {
        self.constraint = constraint
        self.start = start
        self.end = end
        self.bestEffort = bestEffort
        self.correlationID = correlationID
        self.trace = trace
    }

    public func isActive(at now: Timestamp) -> Bool { start <= now && end.map { now < $0 } ?? true }

    /// Watts.
    public var watts: Double { Double(constraint.watts.microwatts) / 1_000_000 }
}
