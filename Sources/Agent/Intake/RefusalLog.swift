import Journal
import Logging
import Prometheus
import Shedding
import Synchronization

/// What is done about every refusal, at the gate and behind it: it is counted, and of each reason at most a few in a
/// while are written to the log and the journal, since somebody who floods the bus must not flood the disk. Of a source
/// that is trusted, they are counted apart: one must not hide what another sends.
final class RefusalLog: Sendable {
    private struct Account {
        var since = ContinuousClock.now
        var lines = 0
        var silent = 0
    }

    /// Lines of one reason in one ``period``.
    static let burst = 10
    static let period = Duration.seconds(10)

    /// Rows of the journal for one reason in one ``period``.
    static let rows = 100

    private let accounts = Mutex<[String: Account]>([:])
    private let isTrusted: @Sendable (String) -> Bool
    private let metrics: AgentMetrics
    private let logger: Logger

    init(metrics: AgentMetrics, isTrusted: @escaping @Sendable (String) -> Bool = { _ in false }, logger: Logger) {
        self.isTrusted = isTrusted
        self.metrics = metrics
        self.logger = logger
    }

    /// Counts a refusal and logs it if it is its turn. - Returns: the record, fit for the journal, if it is its turn there
    func note(_ refusal: RefusalRecord) -> RefusalRecord? {
        var record = refusal
        record.detail = ForeignText.clean(refusal.detail)
        record.topic = ForeignText.clean(refusal.topic)
        record.source = refusal.source.map { ForeignText.clean($0) }
        if let reason = RefusalReason(rawValue: record.reason) {
            metrics.alertsRefused[.init(reason: reason)].increment()
        }
        let source = refusal.source.flatMap { isTrusted($0) ? " \($0)" : nil } ?? ""
        let (isWritten, isKept, silent) = admit(record.reason + source)
        if silent > 0 {
            logger.warning(
                "further refusals suppressed",
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
        return isKept ? record : nil
    }

    /// - Returns: whether to write this one to the log, and to the journal, and how many were kept silent before it
    func admit(
        _ reason: String, now: ContinuousClock.Instant = .now
    ) -> (isWritten: Bool, isKept: Bool, silent: Int) {
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
            return (isWritten, account.lines <= Self.rows, silent)
        }
    }
}
