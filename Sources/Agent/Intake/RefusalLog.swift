import Journal
import Logging
import Synchronization

/// What is done about every refusal, at the gate and behind it: it is counted, and of each reason at most a few in a
/// while are written to the log, since somebody who floods the bus must not flood the disk. The journal keeps its latest.
final class RefusalLog: Sendable {
    private struct Account {
        var since = ContinuousClock.now
        var lines = 0
        var silent = 0
    }

    /// Lines of one reason in one ``period``.
    static let burst = 10
    static let period = Duration.seconds(10)

    private let accounts = Mutex<[String: Account]>([:])
    private let metrics: AgentMetrics
    private let logger: Logger

    init(metrics: AgentMetrics, logger: Logger) {
        self.metrics = metrics
        self.logger = logger
    }

    /// Counts a refusal and logs it if it is its turn. - Returns: the record, fit for the journal
    func note(_ refusal: RefusalRecord) -> RefusalRecord {
        var record = refusal
        record.detail = ForeignText.clean(refusal.detail)
        record.topic = ForeignText.clean(refusal.topic)
        record.source = refusal.source.map { ForeignText.clean($0) }
        metrics.count("ima_alerts_refused_total", ["reason": record.reason])
        let (isWritten, silent) = admit(record.reason)
        if silent > 0 {
            logger.warning(
                "refused more messages without a line for each",
                metadata: ["reason": "\(record.reason)", "messages": "\(silent)"])
        }
        if isWritten {
            logger.warning(
                "refused a message: \(record.detail)",
                metadata: [
                    "reason": "\(record.reason)", "topic": "\(record.topic)",
                    "source": "\(record.source ?? "unknown")", "event": "\(record.eventID ?? "unknown")",
                ])
        }
        return record
    }

    /// - Returns: whether to write this one, and how many were kept silent before it
    func admit(_ reason: String, now: ContinuousClock.Instant = .now) -> (isWritten: Bool, silent: Int) {
        accounts.withLock { accounts in
            var account = accounts[reason] ?? Account(since: now)
            var silent = 0
            if now - account.since >= Self.period {
                silent = account.silent
                account = Account(since: now)
            }
            account.lines += 1
            let isWritten = account.lines <= Self.burst
            if !isWritten { account.silent += 1 }
            accounts[reason] = account
            return (isWritten, silent)
        }
    }
}
