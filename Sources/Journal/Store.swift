public import PowerEvents
public import Shedding

/// What the agent must not forget, whatever keeps it: one file of this machine, or a log that several machines share.
///
/// Nothing here waits on the caller's thread, and nothing says where a record lies. What is queued becomes durable in the
/// order of the calls, so that an older state never comes after a newer one.
public protocol Store: Sendable {
    typealias Completion = @Sendable (Result<Void, any Error>) -> Void

    // MARK: Records

    /// Everything that is not over.
    func load() async throws -> JournalContents

    /// Queues a batch and returns at once. It becomes durable as a whole, after all that were queued before it.
    ///
    /// - Parameter whenDone: called once, on any thread: when the batch is durable, or never will be
    func enqueue(_ batch: JournalBatch, _ patience: CommitPatience, whenDone: @escaping Completion)

    /// Lets patient batches fail from now on: the process is about to end, and what it held is found again by reading the
    /// BMCs.
    func giveUpOnFailure()

    // MARK: Inbox

    /// Keeps an alert before the broker is told that it arrived.
    ///
    /// - Returns: nil where its payload was seen before
    func receive(_ alert: AcceptedAlert) async throws -> InboxAlert?

    /// Whether a signed payload was taken in before, in whatever envelope. Costs no disk.
    func hasSeen(_ mark: PayloadMark) async throws -> Bool

    /// Whether a breach is held or remembered, or an alert of it is on its way to be acted on. Costs no disk.
    func knows(_ breach: UUIDText) async throws -> Bool

    // MARK: Outbox

    /// Events that the broker has not acknowledged, oldest first.
    ///
    /// - Parameter breaches: those of which nothing is to be sent
    func unpublished(limit: Int, without breaches: Set<UUIDText>) async throws -> [OutboxEvent]

    func markPublished(_ ids: [UUIDText], now: Timestamp) async throws

    func outboxDepth() async throws -> Int

    /// After an outage: removes reports that nobody has got, and that a later one of the same breach says better.
    ///
    /// - Parameter time: later ones stay, since they are about to go out
    /// - Returns: how many events
    func dropSuperseded(createdBefore time: Timestamp) async throws -> Int

    /// Puts several events in the place of one that the broker does not take.
    func replace(_ event: UUIDText, with parts: [OutboxEvent]) async throws

    /// Sends an event no more. It stays, with the reason.
    func setAside(_ event: UUIDText, reason: String) async throws

    // MARK: History

    /// The latest lines that a query asks for, oldest first.
    func history(_ query: HistoryQuery) async throws -> [HistoryLine]

    /// Breaches that history knows, by the first characters of their ids.
    func breaches(startingWith prefix: String, limit: Int) async throws -> [UUIDText]

    /// The latest messages that were refused, oldest first.
    func refusals(limit: Int) async throws -> [RefusalRecord]

    /// What meters showed of what a breach bears on, oldest first.
    func readings(of breach: UUIDText) async throws -> [PowerReading]

    /// What operators did between two times, to no breach in particular, oldest first.
    func commands(from first: Timestamp, to last: Timestamp) async throws -> [HistoryLine]

    // MARK: Maintenance

    /// Forgets what nobody needs any more (``Retention``).
    func prune(now: Timestamp) async throws

    /// Puts what was written in haste where it belongs. Nothing depends on it; it is for when there is time.
    func checkpoint() async throws

    /// Why the last write failed; nil where it did not.
    var failure: String? { get }

    /// What becoming durable has cost so far.
    var effort: CommitEffort { get }

    func close() async throws
}

extension Store {
    /// For stores that cannot look them up: those of the latest lines.
    public func breaches(startingWith prefix: String, limit: Int) async throws -> [UUIDText] {
        let ids = try await history(HistoryQuery(limit: 10_000)).compactMap(\.entry.breach)
        return Array(Set(ids.filter { $0.text.hasPrefix(prefix.lowercased()) }).sorted().prefix(limit))
    }

    /// Returns when the batch is durable. It is queued before the caller's actor can do anything else.
    ///
    /// - Parameter meanwhile: what the caller does while the disk is at work
    /// - Throws: where the disk refuses and the batch is not patient, or the process ends first
    public func append(
        _ batch: JournalBatch, _ patience: CommitPatience = .once, isolation: isolated (any Actor)? = #isolation,
        meanwhile: () -> Void = {}
    ) async throws {
        if batch.isEmpty { return meanwhile() }
        try await withCheckedThrowingContinuation(isolation: isolation) { continuation in
            enqueue(batch, patience) { continuation.resume(with: $0) }
            meanwhile()
        }
    }
}
