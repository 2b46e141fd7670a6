import PowerEvents
import Site

/// The patrol and metering, which wait behind everything that enforces.
extension Dispatch {
    mutating func sendPatrol(now: Timestamp) { if !isStopping { visits.sendPatrol(&queues, now: now) } }

    mutating func sendMeters(_ held: () -> Set<BMC.Address>, every: Duration, now: Timestamp) {
        if !isStopping { visits.sendMeters(&queues, held, every: every, now: now) }
    }

    /// When a machine is next to be metered, where something is held.
    func nextMetering(every: Duration) -> Timestamp? { isStopping ? nil : visits.nextMetering(every: every) }
}
