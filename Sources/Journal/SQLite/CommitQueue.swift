/// The order in which batches become durable, apart from threads, disks and time.
///
/// What was queued first becomes durable first, also where the disk refuses for a while: an older state that came
/// after a newer one would bring back what is long undone.
public struct CommitQueue<Ticket> {
    public typealias Patience = CommitPatience

    public struct Item {
        public let batch: JournalBatch
        public let ticket: Ticket
        public let patience: CommitPatience

        public init(_ batch: JournalBatch, _ patience: CommitPatience, ticket: Ticket) {
            self.batch = batch
            self.ticket = ticket
            self.patience = patience
        }
    }

    /// As many batches as go into one transaction: of thousands that come at once, the first do not wait for the last.
    public static var most: Int { 256 }

    private var waiting: [Item] = []
    private var isFlushing = false

    public init() {}

    /// - Returns: whether the caller is to start flushing: to take groups until there are none
    public mutating func add(_ item: Item) -> Bool {
        waiting.append(item)
        defer { isFlushing = true }
        return !isFlushing
    }

    /// What has waited longest, for one transaction; nothing where the flushing is over.
    public mutating func take() -> [Item] {
        if waiting.isEmpty { isFlushing = false }
        let group = Array(waiting.prefix(Self.most))
        waiting.removeFirst(group.count)
        return group
    }

    /// The disk refused a group. - Returns: the items that have failed by that; the others are first in line again
    public mutating func putBack(_ group: [Item]) -> [Item] {
        waiting = group.filter { $0.patience == .untilDone } + waiting
        return group.filter { $0.patience == .once }
    }

    /// Whether anything waits for the next transaction.
    public var isEmpty: Bool { waiting.isEmpty }

    /// Everything that still waits, given up by a process that ends.
    public mutating func abandon() -> [Item] {
        defer { waiting = [] }
        return waiting
    }
}

extension CommitQueue: Sendable where Ticket: Sendable {}
extension CommitQueue.Item: Sendable where Ticket: Sendable {}
