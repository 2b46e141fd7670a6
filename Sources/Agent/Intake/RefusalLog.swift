import Logging
import Synchronization

/// Writes refusals to the log, of each reason at most a few in a while: somebody who floods the bus must not flood the
/// disk. All of them are counted, and the journal keeps its latest.
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
