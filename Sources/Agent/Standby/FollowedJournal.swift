import Journal
import PowerEvents
import Replication
import Shedding
import Synchronization

/// The journal as a follower has it: to be read, and written by nobody but the log.
final class FollowedJournal: Store {
    struct IsFollowed: Error, CustomStringConvertible {
        let description = "this agent follows another one, whose journal this is"
    }

    private let member: StandbyMember
    /// Of the journal that is open now; a member that was away for long has another one then.
    private let latest = Mutex<(journal: JournalDatabase, store: SQLiteStore)?>(nil)

    init(_ member: StandbyMember) { self.member = member }

    private var store: SQLiteStore {
        let journal = member.journal
        return latest.withLock { latest in
            if let latest, latest.journal === journal { return latest.store }
            let store = SQLiteStore(journal, now: { WallClock.now() })
            latest = (journal, store)
            return store
        }
    }

    // MARK: What is read

    func load() async throws -> JournalContents { try await store.load() }
    /// What is not over, and how its controls last ended by what the leader wrote.
    func shown() async throws -> Core.Contents {
        let store = store
        var contents = try await store.load().core
        contents.outcomes = try await store.outcomes(of: Set(contents.breaches.filter { !$0.isClosed }.map(\.id)))
        return contents
    }
    func hasSeen(_ mark: PayloadMark) async throws -> Bool { try await store.hasSeen(mark) }
    func hasRefused(_ digest: String) async throws -> Bool { try await store.hasRefused(digest) }
    func knows(_ breach: UUIDText) async throws -> Bool { try await store.knows(breach) }
    func unpublished(limit: Int, without breaches: Set<UUIDText>) async throws -> [OutboxEvent] {
        try await store.unpublished(limit: limit, without: breaches)
    }
    func outboxDepth() async throws -> Int { try await store.outboxDepth() }
    func history(_ query: HistoryQuery) async throws -> [HistoryLine] { try await store.history(query) }
    func breaches(startingWith prefix: String, limit: Int) async throws -> [UUIDText] {
        try await store.breaches(startingWith: prefix, limit: limit)
    }
    func refusals(limit: Int) async throws -> [RefusalRecord] { try await store.refusals(limit: limit) }
    func readings(of breach: UUIDText) async throws -> [PowerReading] { try await store.readings(of: breach) }
    func commands(from first: Timestamp, to last: Timestamp) async throws -> [HistoryLine] {
        try await store.commands(from: first, to: last)
    }
    var failure: String? { store.failure }
    var effort: CommitEffort { store.effort }

    // MARK: What is not written

    func enqueue(_ batch: JournalBatch, _ patience: CommitPatience, whenDone: @escaping Completion) {
        whenDone(.failure(IsFollowed()))
    }
    func giveUpOnFailure() {}
    func receive(_ alert: AcceptedAlert) async throws -> InboxAlert? { throw IsFollowed() }
    func markPublished(_ ids: [UUIDText], now: Timestamp) async throws { throw IsFollowed() }
    func dropSuperseded(createdBefore time: Timestamp) async throws -> Int { throw IsFollowed() }
    func replace(_ event: UUIDText, with parts: [OutboxEvent]) async throws { throw IsFollowed() }
    func setAside(_ event: UUIDText, reason: String) async throws { throw IsFollowed() }
    func prune(now: Timestamp) async throws { throw IsFollowed() }
    func checkpoint() async throws {}
    func close() async throws {}
}
