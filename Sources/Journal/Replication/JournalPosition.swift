/// How much of a log of several agents is in a journal's file.
public struct JournalPosition: Sendable, Hashable {
    /// Numbers that an entry can have. No log comes near the end, and adding to one is no risk.
    public static let numbers: ClosedRange<Int64> = 0...(1 << 62)

    /// The log's own id, new with each log.
    public var log: String
    /// The number of the last entry that is in the file; 0 for none.
    public var number: Int64
    /// The digest over all entries up to it: files with the same one hold the same.
    public var chain: [UInt8]
    /// The id of the agent that last led, and whether it ended its term by itself.
    public var leader: String?
    public var hasEnded: Bool

    public init(log: String, number: Int64, chain: [UInt8], leader: String? = nil, hasEnded: Bool = false) {
        self.log = log
        self.number = number
        self.chain = chain
        self.leader = leader
        self.hasEnded = hasEnded
    }
}

/// An entry of the log, as it goes into a file.
public struct JournalStep: Sendable, Hashable {
    /// Empty where the entry changes nothing.
    public var changes: [UInt8]
    public var position: JournalPosition

    public init(changes: [UInt8], position: JournalPosition) {
        self.changes = changes
        self.position = position
    }
}
