public import PowerEvents
public import Shedding

/// What becomes durable at once or not at all.
public struct JournalBatch: Sendable {
    public var changes = Changes()
    /// Reports; the parts of one report belong together.
    public var reports: [[OutboxEvent]] = []
    /// Inbox entries that are dealt with by this very transaction.
    public var handled: [Int64] = []
    public var refusals: [RefusalRecord] = []
    /// Payloads that may be accepted another time, although they were not now.
    public var forgotten: [PayloadMark] = []
    /// Reports that cannot be signed at the moment.
    public var unsigned: [Report] = []
    /// Breaches whose last report is to be published again, under the same ids.
    public var repeated: [UUIDText] = []
    /// What is to be remembered of BMCs, in the order in which it came about.
    public var bmcs: [BMCRecord] = []

    /// Who gave the commands that ``changes`` tell of; nil where none did.
    public var author: CommandAuthor?

    public init() {}

    public var isEmpty: Bool {
        changes.isEmpty && reports.isEmpty && handled.isEmpty && refusals.isEmpty && repeated.isEmpty
            && forgotten.isEmpty && unsigned.isEmpty && bmcs.isEmpty
    }
}
