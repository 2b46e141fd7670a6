public import PowerEvents

/// Which lines of history an operator asks for.
public struct HistoryRequest: Sendable, Hashable {
    /// Messages that were refused, instead.
    public var isRefusals = false
    /// The first characters of a breach's id.
    public var breach: String?
    /// Resources as people write them; all where none is named.
    public var resources: [String] = []
    public var since: Timestamp?
    public var until: Timestamp?
    /// Only what came after this line.
    public var after: Int?
    /// The latest so many; with ``after`` the first so many.
    public var limit = 50

    public init() {}
}
