public import PowerEvents

/// An event that is to reach the broker, under an id that never changes.
public struct OutboxEvent: Sendable, Hashable {
    public var eventID: UUIDText
    public var breachID: UUIDText
    public var topic: String
    public var payload: [UInt8]
    public var createdAt: Timestamp
    /// What its report says was done; nil in rows of earlier versions. Of two reports that say the same of a breach only
    /// the later one counts.
    public var action: Enforcement.Action?

    public init(
        eventID: UUIDText, breachID: UUIDText, topic: String, payload: [UInt8], createdAt: Timestamp,
        action: Enforcement.Action? = nil
    ) {
        self.action = action
        self.eventID = eventID
        self.breachID = breachID
        self.topic = topic
        self.payload = payload
        self.createdAt = createdAt
    }
}
