/// Controls, or BMCs, that fail of one cause.
public struct FailureRow: Sendable, Hashable {
    public var cause: String
    public var count: Int
    /// `control` or `BMC`.
    public var noun: String
    /// As `host:port`, sorted.
    public var bmcs: [String]
    public var resources: [String]
    /// RFC 3339; nil where that is not known.
    public var since: String?
    /// What the agent will do, and what an operator can.
    public var next: String
    /// When that is, RFC 3339; nil where it has no time.
    public var nextAt: String?

    public init(
        cause: String, count: Int, noun: String, bmcs: [String], resources: [String], since: String?, next: String,
        nextAt: String? = nil
    ) {
        self.cause = cause
        self.count = count
        self.noun = noun
        self.bmcs = bmcs
        self.resources = resources
        self.since = since
        self.next = next
        self.nextAt = nextAt
    }
}
