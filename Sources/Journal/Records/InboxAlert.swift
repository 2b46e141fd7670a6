public import Shedding

/// An accepted alert with its place in the inbox.
public struct InboxAlert: Sendable, Hashable {
    public let sequence: Int64
    public let alert: AcceptedAlert

    public init(sequence: Int64, alert: AcceptedAlert) {
        self.sequence = sequence
        self.alert = alert
    }

    /// As the core takes it.
    public var received: ReceivedAlert {
        var received = ReceivedAlert(
            sequence: sequence, source: alert.source, time: alert.time, receivedAt: alert.receivedAt,
            eventID: alert.eventID, mark: alert.mark, alert: alert.breachAlert)
        received.topic = alert.topic
        received.trace = alert.trace
        received.correlationID = alert.correlationID
        return received
    }
}
