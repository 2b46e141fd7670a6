import Journal
import Logging
import PowerEvents
import Prometheus
import Shedding

/// From reports to signed events.
extension Enforcer {
    func compose(_ report: Report, into batch: inout JournalBatch) {
        guard let error = unsigned.compose(report, with: composer, now: wall(), into: &batch) else { return }
        metrics.reportsUnsigned.increment()
        logger.critical(
            "a report could not be signed; it is kept and signed later",
            metadata: ["breach": "\(report.enforcement.breachID)", "reason": "\(error)"])
    }

    /// To be called a few times a second.
    func signWaiting() async {
        guard !unsigned.isEmpty else { return }
        var batch = JournalBatch()
        unsigned.sign(with: composer, now: wall(), into: &batch)
        guard !batch.isEmpty else { return }
        logger.notice("reports that waited for their signature are signed")
        await settle(batch, [])
    }
}
