public import PowerEvents

/// Which lines of history are wanted.
public struct HistoryQuery: Sendable, Hashable {
    public var breach: UUIDText?
    public var resource: String?
    /// How many, the latest ones.
    public var limit: Int

    public init(breach: UUIDText? = nil, resource: String? = nil, limit: Int = 50) {
        self.breach = breach
        self.resource = resource
        self.limit = limit
    }
}
