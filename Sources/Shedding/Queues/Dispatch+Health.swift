import PowerEvents

/// What is learned of BMCs on the way.
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
}
