public import PowerEvents
public import Shedding

/// A line of history with its place and time.
public struct HistoryLine: Sendable, Hashable {
    public let sequence: Int64
    public let at: Timestamp
    public let entry: HistoryEntry
    /// Of a command; nil in lines of earlier versions.
    public var author: CommandAuthor?
}
