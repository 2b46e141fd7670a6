import PowerEvents

/// What is learned of BMCs on the way.
extension Dispatch {
    /// What the patrol knows of each BMC.
    var health: FleetHealth { visits.health }

    mutating func tellHealth(now: Timestamp) -> FleetHealth.News? { visits.tellHealth(now: now) }

    /// A read for a breach failed: a trouble of the whole BMC need not wait for the patrol to see it.
    mutating func noteTrouble(of id: RunID, _ result: Result<Reading, BMCFault>, now: Timestamp) {
        guard case .failure(let fault) = result, let trouble = BMCTrouble(fault), trouble.isCertain,
            let bmc = slots[id]?.bmc
        else { return }
        visits.didFail(trouble, at: bmc, now: now)
    }
}
