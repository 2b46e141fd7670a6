public import PowerEvents

/// Which lines of history are wanted.
public struct HistoryQuery: Sendable, Hashable {
    public var breach: UUIDText?
    /// Lines of any of these; nil for all, and also those that are of none.
    public var resources: Set<String>?
    public var since: Timestamp?
    public var until: Timestamp?
    /// Only lines after this one, the first ones of them.
    public var after: Int64?
    /// How many, the latest ones.
    public var limit: Int

    public init(breach: UUIDText? = nil, resources: Set<String>? = nil, limit: Int = 50) {
        self.breach = breach
        self.resources = resources
        self.limit = limit
    }
}
