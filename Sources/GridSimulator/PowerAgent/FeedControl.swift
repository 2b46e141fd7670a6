public import PowerEvents

/// One feed as a power agent has it: its schedule, its ramp and its breach. What is to be done is decided in
/// ``PowerAgentCore``.
public struct FeedControl: Sendable, Hashable {
    public struct Ramp: Sendable, Hashable {
        public enum Direction: String, Sendable, Hashable, CaseIterable {
            case down, up
        }

        public var direction: Direction
        public var since: Timestamp
        /// Readings in a row at which it could end.
        public var settled = 0

        public init(_ direction: Direction, since: Timestamp) {
            self.direction = direction
            self.since = since
        }
    }

    public let profile: FeedProfile
    public var schedule = LoadSchedule()
    /// The target that was acted on last.
    public var applied: LoadTarget?
    public var ramp: Ramp?
    /// The share of their work that the feed's machines are let do.
    public var admitted = 1.0
    /// When the current power event began: from the first target to the end of the last ramp up.
    public var eventStart: Timestamp?
    public var breach: OpenBreach?
    /// The event that last changed the schedule.
    public var cause: Cause?
    /// Readings in a row above the target.
    var above = 0
    var measured: Double?
    var measuredAt: Timestamp?
    var wasCompliant = true
    /// Watts in a second, between the last two readings.
    var slope = 0.0

    /// What a change goes back to.
    public struct Cause: Sendable, Hashable {
        public var correlationID: UUIDText?
        public var trace: TraceContext?

        public init(correlationID: UUIDText?, trace: TraceContext?) {
            self.correlationID = correlationID
            self.trace = trace
        }
    }

    public init(_ profile: FeedProfile) { self.profile = profile }

    /// Watts; nil where the last reading is too old.
    func watts(at now: Timestamp, staleAfter: Duration) -> Double? {
        guard let measured, let measuredAt, now - measuredAt <= staleAfter else { return nil }
        return measured
    }

    /// Whether the load is known to be within the target in force; what is not known is not compliant.
    func isCompliant(at now: Timestamp, staleAfter: Duration) -> Bool {
        guard let target = schedule.active(at: now) else { return true }
        return watts(at: now, staleAfter: staleAfter).map { $0 <= target.watts } ?? false
    }

    func state(at now: Timestamp, staleAfter: Duration, event: PowerStateStatus.Event?) -> FeedState {
        FeedState(
            powerMinimum: profile.minimum, powerMaximum: profile.maximum, defaultConstraint: profile.defaultConstraint,
            targets: schedule.targets.map { target in
                FeedState.Target(
                    active: target.isActive(at: now), loadConstraint: target.constraint,
                    interval: Interval(start: target.start, end: target.end), bestEffort: target.bestEffort,
                    correlationID: target.correlationID)
            },
            // A feed that was never measured is taken at its most.
            calculatedLoad: measured.map { PowerQuantity(watts: Watts(measured: $0), unit: profile.maximum.unit) }
                ?? profile.maximum,
            inFlight: ramp != nil, event: event, powerEventStart: eventStart,
            compliant: isCompliant(at: now, staleAfter: staleAfter))
    }
}
