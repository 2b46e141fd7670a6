/// A journal's file that is not what the log of several agents says it is: it has to be set aside, and the log's taken.
public struct JournalDivergence: Error, Sendable, CustomStringConvertible {
    public let path: String
    public let number: Int64
    public let reason: String

    public var description: String { "\(path): the journal diverged from the log before entry \(number): \(reason)" }
}
