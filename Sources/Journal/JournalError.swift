/// Why the journal cannot be used: the file, and what to do.
public struct JournalError: Error, Sendable, CustomStringConvertible {
    public let path: String
    public let reason: String

    public var description: String { "\(path): the journal \(reason)" }
}
