public import PowerEvents

/// An alert from the inbox: well signed, durable, and not yet acted on.
public struct ReceivedAlert: Sendable, Hashable {
    /// Its place in the inbox.
    public var sequence: Int64
    public var source: String
    /// The envelope's `time`, which nobody has signed.
    public var time: Timestamp
    /// On the wall clock.
    public var receivedAt: Timestamp
    public var eventID: UUIDText
    public var topic: String?
    public var trace: TraceContext?
    public var correlationID: UUIDText?
    public var mark: PayloadMark
    /// What is said to be wrong with which breach; nil where the payload cannot be read any more.
    public var alert: BreachAlert?

    public init(
        sequence: Int64, source: String, time: Timestamp, receivedAt: Timestamp, eventID: UUIDText,
        mark: PayloadMark, alert: BreachAlert?
    ) {
        self.sequence = sequence
        self.source = source
        self.time = time
        self.receivedAt = receivedAt
        self.eventID = eventID
        self.mark = mark
        self.alert = alert
    }

    /// For each of several alerts, whether one that comes after it asks more of its breach.
    static func areFollowed(_ alerts: [ReceivedAlert]) -> [Bool] {
        var asking: Set<UUIDText> = []
        return Array(
            alerts.reversed().map { received in
                guard let alert = received.alert else { return false }
                defer { if alert.status != .resolved { asking.insert(alert.breachID) } }
                return asking.contains(alert.breachID)
            }.reversed())
    }

    var origin: Breach.Origin { Breach.Origin(source: source, trace: trace, correlationID: correlationID) }
}
