import PowerEvents
import Site

/// Looks at BMCs that change nothing, and what is learned of them on the way.
extension Dispatch {
    /// What the patrol knows of each BMC.
    var health: FleetHealth { visits.health }

    mutating func tellHealth(now: Timestamp) -> FleetHealth.News? { visits.tellHealth(now: now) }

    /// A read for a breach tells of its BMC as a look of the patrol does, which may be a minute off, or turned off.
    mutating func noteHealth(of id: RunID, _ result: Result<Reading, BMCFault>, now: Timestamp) {
        guard let bmc = slots[id]?.bmc else { return }
        switch result {
        case .failure(let fault):
            guard let trouble = BMCTrouble(fault), trouble.isCertain else { return }
            visits.didTell(trouble, of: bmc, now: now)
        case .success:
            if visits.health.unreliable.contains(bmc) { visits.didTell(nil, of: bmc, now: now) }
        }
    }

    mutating func sendPatrol(now: Timestamp) { if !isStopping { visits.sendPatrol(&queues, now: now) } }

    mutating func sendMeters(_ held: () -> Set<BMC.Address>, every: Duration, now: Timestamp) {
        if !isStopping { visits.sendMeters(&queues, held, every: every, now: now) }
    }

    /// When a machine is next to be metered, where something is held.
    func nextMetering(every: Duration) -> Timestamp? { isStopping ? nil : visits.nextMetering(every: every) }
}
