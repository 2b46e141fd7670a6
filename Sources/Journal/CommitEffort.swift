/// The time that transactions took, and how many there were.
public struct CommitEffort: Sendable, Hashable {
    public var spent = Duration.zero
    /// Without what was waited, be it for the disk or for a processor.
    public var processor = Duration.zero
    public var transactions = 0

    public init() {}
}
