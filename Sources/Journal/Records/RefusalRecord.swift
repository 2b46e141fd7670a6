public import PowerEvents

/// A message that was not obeyed.
public struct RefusalRecord: Sendable, Hashable {
    public var at: Timestamp
    /// A code such as `bad_signature`.
    public var reason: String
    public var detail: String
    public var topic: String
    public var source: String?
    public var eventID: String?
    /// SHA-256 of the message, in hexadecimal.
    public var digest: String

    public init(
        at: Timestamp, reason: String, detail: String, topic: String, source: String?, eventID: String?, digest: String
    ) {
        self.at = at
        self.reason = reason
        self.detail = detail
        self.topic = topic
        self.source = source
        self.eventID = eventID
        self.digest = digest
    }
}
