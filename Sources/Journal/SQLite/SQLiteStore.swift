import Foundation
public import PowerEvents
public import Shedding

/// The store in one SQLite file of this machine (``JournalDatabase``).
///
/// What waits for the disk waits on threads of its own: batches on the one that commits them in groups
/// (``JournalWriter``), what has a transaction to itself on another, and reads beside both.
public final class SQLiteStore: Store {
    private let database: JournalDatabase
    private let writer: JournalWriter
    private let transactions = DispatchQueue(label: "journal transactions", qos: .userInitiated)
    private let reads = DispatchQueue(label: "journal reads", qos: .userInitiated, attributes: .concurrent)

    /// - Parameters:
    ///   - now: the wall clock, for what batches write
    ///   - onFailure: told of each group of batches that the disk refused
    public init(
        _ database: JournalDatabase, now: @escaping @Sendable () -> Timestamp,
        onFailure: @escaping @Sendable (any Error) -> Void = { _ in }
    ) {
        self.database = database
        writer = JournalWriter(database, now: now, onFailure: onFailure)
    }

    private func run<Value: Sendable>(
        on queue: DispatchQueue, _ body: @escaping @Sendable (JournalDatabase) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { [database] in continuation.resume(with: Result { try body(database) }) }
        }
    }

    private func read<Value: Sendable>(
        _ body: @escaping @Sendable (JournalDatabase) throws -> Value
    ) async throws -> Value { try await run(on: reads, body) }

    private func write<Value: Sendable>(
        _ body: @escaping @Sendable (JournalDatabase) throws -> Value
    ) async throws -> Value { try await run(on: transactions, body) }

    // MARK: Records

    public func load() async throws -> JournalContents { try await read { try $0.load() } }

    public func enqueue(_ batch: JournalBatch, _ patience: CommitPatience, whenDone: @escaping Completion) {
        writer.enqueue(batch, patience, whenDone: whenDone)
    }

    public func giveUpOnFailure() { writer.giveUpOnFailure() }

    // MARK: Inbox

    public func receive(_ alert: AcceptedAlert) async throws -> InboxAlert? {
        try await write { try $0.receive(alert) }
    }

    public func hasSeen(_ mark: PayloadMark) async throws -> Bool { try await read { try $0.hasSeen(mark) } }

    /// Whether a payload was refused after it had been taken in. Costs no disk.
    public func hasRefused(_ digest: String) async throws -> Bool { try await read { try $0.hasRefused(digest) } }

    public func knows(_ breach: UUIDText) async throws -> Bool { try await read { try $0.knows(breach) } }

    // MARK: Outbox

    public func unpublished(limit: Int, without breaches: Set<UUIDText>) async throws -> [OutboxEvent] {
        try await read { try $0.unpublished(limit: limit, without: breaches) }
    }

    public func markPublished(_ ids: [UUIDText], now: Timestamp) async throws {
        try await write { try $0.markPublished(ids, now: now) }
    }

    public func outboxDepth() async throws -> Int { try await read { try $0.outboxDepth() } }

    public func dropSuperseded(createdBefore time: Timestamp) async throws -> Int {
        try await write { try $0.dropSuperseded(createdBefore: time) }
    }

    public func replace(_ event: UUIDText, with parts: [OutboxEvent]) async throws {
        try await write { try $0.replace(event, with: parts) }
    }

    public func setAside(_ event: UUIDText, reason: String) async throws {
        try await write { try $0.setAside(event, reason: reason) }
    }

    // MARK: History

    public func history(_ query: HistoryQuery) async throws -> [HistoryLine] {
        try await read { try $0.history(query) }
    }

    public func breaches(startingWith prefix: String, limit: Int) async throws -> [UUIDText] {
        try await read { try $0.breaches(startingWith: prefix, limit: limit) }
    }

    public func refusals(limit: Int) async throws -> [RefusalRecord] {
        try await read { try $0.refusals(limit: limit) }
    }

    public func readings(of breach: UUIDText) async throws -> [PowerReading] {
        try await read { try $0.readings(of: breach) }
    }

    /// How each control of these breaches last ended, in the words that were written.
    public func outcomes(of breaches: Set<UUIDText>) async throws -> [ControlKey: Outcome] {
        try await read { try $0.outcomes(of: breaches) }
    }

    public func commands(from first: Timestamp, to last: Timestamp) async throws -> [HistoryLine] {
        try await read { try $0.commands(from: first, to: last) }
    }

    // MARK: Maintenance

    public func prune(now: Timestamp) async throws { try await write { try $0.prune(now: now) } }

    public func checkpoint() async throws { try await write { try $0.checkpoint() } }

    public var failure: String? { database.failure }

    public var effort: CommitEffort { writer.effort }

    public func close() async throws { try await write { try $0.close() } }
}
