import Journal
import Logging
import PowerEvents
import Prometheus
import Shedding
import Synchronization

/// A journal that is older than any hold may last, or of a time that has not come, is taken up only on an operator's word.
extension Enforcer {
    /// Breaches that nothing is to be said of: for the outbox, which has them from the journal.
    final class ParkedBreaches: Sendable {
        private let breaches = Mutex<Set<UUIDText>>([])

        var value: Set<UUIDText> {
            get { breaches.withLock { $0 } }
            set { breaches.withLock { $0 = newValue } }
        }
    }

    /// Takes up nothing. New alerts are accepted, and enforced where nothing of the journal bears on a control.
    func park(_ finding: JournalAge.Finding) async {
        book.park()
        parkedBreaches.value = book.parking.breaches
        metrics.awaitingResume.set(true)
        logger.critical("the journal is not resumed: \(finding.reason)")
        isResumed = true
        for address in lanes.keys { startLane(address) }
    }

    /// Takes up what the journal held. - Returns: false where nothing waits for that
    func resumeParked() async -> Bool {
        guard confirmation != nil else { return false }
        logger.notice("resumed by an operator")
        confirmed()
        // They are judged by today's clock: most are too old by now.
        await takeBacklog(asOf: wall())
        await settle(JournalBatch(), mode == .enforce ? book.resumeParked(now: now()) : [])
        return true
    }

    /// A parked breach was released; with the last one there is nothing left to confirm.
    func noteParkedRelease() {
        parkedBreaches.value = book.parking.breaches
        if confirmation != nil, book.parking.isEmpty, !hasBacklog { confirmed() }
    }

    private func confirmed() {
        confirmation = nil
        parkedBreaches.value = []
        metrics.awaitingResume.set(false)
        wakeOutbox()
    }
}
