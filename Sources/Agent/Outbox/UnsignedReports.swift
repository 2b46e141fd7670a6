import Journal
import PowerEvents
import Shedding

/// Reports that could not be signed when they were made. The journal has them, and they are signed as soon as that goes.
struct UnsignedReports: Sendable {
    private var reports: [Report]

    init(_ reports: [Report]) { self.reports = reports }

    var isEmpty: Bool { reports.isEmpty }

    /// Makes events of a report, or keeps it. - Returns: why it could not be signed
    @discardableResult
    mutating func compose(
        _ report: Report, with composer: EventComposer, now: Timestamp, into batch: inout JournalBatch
    ) -> (any Error)? {
        reports.removeAll { Self.isSuperseded($0, by: report) }
        do {
            batch.reports.append(try composer.compose(report, now: now))
            return nil
        } catch {
            reports.append(report)
            batch.unsigned.append(report)
            return error
        }
    }

    /// Signs what waits, all of it or nothing.
    mutating func sign(with composer: EventComposer, now: Timestamp, into batch: inout JournalBatch) {
        guard let events = try? reports.map({ try composer.compose($0, now: now) }) else { return }
        batch.reports += events
        reports = []
    }

    /// Whether nothing need be said by a report once a later one is. What was put back is the last word.
    private static func isSuperseded(_ report: Report, by later: Report) -> Bool {
        let (one, other) = (report.enforcement, later.enforcement)
        return one.breachID == other.breachID && (one.action == other.action || other.action == .reverted)
    }
}
