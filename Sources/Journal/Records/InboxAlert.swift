/// An accepted alert with its place in the inbox.
public struct InboxAlert: Sendable, Hashable {
    public let sequence: Int64
    public let alert: AcceptedAlert

    public init(sequence: Int64, alert: AcceptedAlert) {
        self.sequence = sequence
        self.alert = alert
    }
}
