import Journal
import PowerEvents
import Shedding

/// A store that takes its time over an alert, or does not take it at all; in all else the one that it is made of.
final class GatedStore: Store {
    /// What is done before an alert is kept.
    typealias Gate = @Sendable () async throws -> Void

    private let base: any Store
    private let gate: Gate

    init(_ base: any Store, gate: @escaping Gate) {
        self.base = base
        self.gate = gate
    }

    func receive(_ alert: AcceptedAlert) async throws -> InboxAlert? {
        try await gate()
        return try await base.receive(alert)
    }

    func load() async throws -> JournalContents { try await base.load() }

    func enqueue(_ batch: JournalBatch, _ patience: CommitPatience, whenDone: @escaping Completion) {
        base.enqueue(batch, patience, whenDone: whenDone)
    }

    func giveUpOnFailure() { base.giveUpOnFailure() }

    func hasSeen(_ mark: PayloadMark) async throws -> Bool { try await base.hasSeen(mark) }

    func knows(_ breach: UUIDText) async throws -> Bool { try await base.knows(breach) }

    func unpublished(limit: Int, without breaches: Set<UUIDText>) async throws -> [OutboxEvent] {
        try await base.unpublished(limit: limit, without: breaches)
    }

    func markPublished(_ ids: [UUIDText], now: Timestamp) async throws { try await base.markPublished(ids, now: now) }

    func outboxDepth() async throws -> Int { try await base.outboxDepth() }

    func dropSuperseded(createdBefore time: Timestamp) async throws -> Int {
        try await base.dropSuperseded(createdBefore: time)
    }

    func replace(_ event: UUIDText, with parts: [OutboxEvent]) async throws {
        try await base.replace(event, with: parts)
    }

    func setAside(_ event: UUIDText, reason: String) async throws { try await base.setAside(event, reason: reason) }

    func history(_ query: HistoryQuery) async throws -> [HistoryLine] { try await base.history(query) }

    func refusals(limit: Int) async throws -> [RefusalRecord] { try await base.refusals(limit: limit) }

    func readings(of breach: UUIDText) async throws -> [PowerReading] { try await base.readings(of: breach) }

    func commands(from first: Timestamp, to last: Timestamp) async throws -> [HistoryLine] {
        try await base.commands(from: first, to: last)
    }

    func prune(now: Timestamp) async throws { try await base.prune(now: now) }

    func checkpoint() async throws { try await base.checkpoint() }

    var failure: String? { base.failure }

    var effort: CommitEffort { base.effort }

    func close() async throws { try await base.close() }
}
