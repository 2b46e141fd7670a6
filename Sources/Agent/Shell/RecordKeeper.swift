import Journal
import Logging
import OpenSSL
import PowerEvents
import Prometheus
import Shedding
import Synchronization

/// Makes the core's records durable, its reports as signed events among them.
final class RecordKeeper: Sendable {
    private let store: any Store
    private let composer: EventComposer
    private let refusals: RefusalLog
    private let repetitions: Repetitions
    private let metrics: AgentMetrics
    private let logger: Logger
    private let wall: @Sendable () -> Timestamp
    private let wakeOutbox: @Sendable () -> Void
    /// Reports that wait for their signature; the journal has them too.
    private let unsigned: Mutex<UnsignedReports>

    init(
        store: any Store, composer: EventComposer, refusals: RefusalLog, repetitions: Repetitions,
        unsigned: [Report], metrics: AgentMetrics, logger: Logger, wall: @escaping @Sendable () -> Timestamp,
        wakeOutbox: @escaping @Sendable () -> Void
    ) {
        self.store = store
        self.composer = composer
        self.refusals = refusals
        self.repetitions = repetitions
        self.metrics = metrics
        self.logger = logger
        self.wall = wall
        self.wakeOutbox = wakeOutbox
        self.unsigned = Mutex(UnsignedReports(unsigned))
    }

    /// Batches become durable in the order of these calls.
    ///
    /// - Parameter author: of the command that the batch came of
    func keep(_ batch: Batch, author: CommandAuthor? = nil, whenDone: @escaping Store.Completion) {
        var journalBatch = journalBatch(batch.records)
        journalBatch.author = author
        store.enqueue(journalBatch, batch.patience.queued, whenDone: whenDone)
    }

    /// Keeps a command that the core has nothing to do with in the history.
    func note(command code: String, _ message: String, by author: CommandAuthor) {
        var batch = JournalBatch()
        batch.changes.history = [HistoryEntry(.command, code, message: message)]
        batch.author = author
        store.enqueue(batch, .once) { _ in }
    }

    /// The process is about to end: what is not durable by then is found again by looking at the BMCs.
    func giveUpOnFailure() { store.giveUpOnFailure() }

    /// Signs what waits for that. To be called a few times a second.
    func signWaiting() {
        let batch = unsigned.withLock { unsigned -> JournalBatch in
            var batch = JournalBatch()
            if !unsigned.isEmpty { unsigned.sign(with: composer, now: wall(), into: &batch) }
            return batch
        }
        if batch.isEmpty { return }
        logger.notice("reports that waited for their signature are signed")
        store.enqueue(batch, .untilDone) { [wakeOutbox] _ in wakeOutbox() }
    }

    private func journalBatch(_ records: Records) -> JournalBatch {
        var batch = JournalBatch()
        batch.changes = records.changes
        batch.handled = records.handled
        batch.forgotten = records.forgotten
        batch.repeated = records.repeated
        for mark in records.forgotten { repetitions.refused(mark.digest) }
        batch.refusals = records.refused.compactMap { refusals.note(refusal(of: $0.alert, $0.reason)) }
        for report in records.reports { compose(report, into: &batch) }
        return batch
    }

    private func refusal(of alert: ReceivedAlert, _ reason: RefusalReason) -> RefusalRecord {
        RefusalRecord(
            at: wall(), reason: reason.rawValue, detail: "\(reason)", topic: alert.topic ?? "",
            source: alert.source, eventID: alert.eventID.text, digest: alert.mark.digest)
    }

    private func compose(_ report: Report, into batch: inout JournalBatch) {
        let error = unsigned.withLock { unsigned in
            unsigned.compose(report, with: composer, now: wall(), into: &batch).map { "\($0)" }
        }
        guard let error else { return }
        metrics.reportsUnsigned.increment()
        logger.critical(
            "a report could not be signed; it is kept and signed later",
            metadata: ["breach": "\(report.enforcement.breachID)", "reason": "\(error)"])
    }
}

extension Batch.Patience {
    fileprivate var queued: CommitPatience {
        switch self {
        case .once: .once
        case .untilDone: .untilDone
        }
    }
}
