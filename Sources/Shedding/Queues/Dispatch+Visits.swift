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

    mutating func sendMeters(_ held: () -> Set<BMC.Address>, every: Duration, _ progress: inout Progress) {
        if isStopping { return }
        for bmc in visits.sendMeters(&queues, held, every: every, now: progress.now) {
            for slot in queues.slots(at: bmc) { meterMeanwhile(in: slot, &progress) }
        }
    }

    /// A wait that is shorter is left alone.
    private static let worthMetering = Duration.seconds(1)

    /// Has a BMC's meter asked that is due, while what is at work there waits anyway. Otherwise one that is tried again and
    /// again, control after control, would never be metered.
    mutating func meterMeanwhile(in slot: Slot, _ progress: inout Progress) {
        guard turns[slot]?.isWaiting == true, let run = turns[slot]?.current.flatMap({ runs[$0] }),
            case .wait = run.step, let due = run.due, due - progress.now >= Self.worthMetering,
            let work = visits.nextMetering(at: slot.bmc), case .meter(let machines, let bmc) = work
        else { return }
        queues.dropVisit(at: slot.bmc)
        turns[slot]?.isWaiting = false
        turns[slot]?.isMetering = true
        let id = nextID()
        visits.begin(work, as: id)
        slots[id] = slot
        progress.effects.append(.meter(MeterOrder(id: id, machines: machines, bmc: bmc, slot: slot)))
    }

    mutating func didVisit(_ id: RunID, _ result: Visits.Result, now: Timestamp) {
        guard let slot = slots.removeValue(forKey: id) else { return }
        let visit = visits.did(id, at: slot.bmc, result, now: now)
        guard visit.isKnown else { return }
        if visit.isAgain, !isStopping { queues.addVisit(at: slot.bmc, now: now) }
        guard turns[slot]?.isMetering == true else { return ready.append(slot) }
        turns[slot]?.isMetering = false
        // It is yet to be woken, unless something has come up meanwhile.
        if !isStopping, let run = turns[slot]?.current.flatMap({ runs[$0] }), let due = run.due, now < due,
            !queues.hasMoreUrgent(than: run.priority, at: slot.bmc)
        {
            turns[slot]?.isWaiting = true
        } else {
            ready.append(slot)
        }
    }

    /// When a machine is next to be metered, where something is held.
    func nextMetering(every: Duration) -> Timestamp? { isStopping ? nil : visits.nextMetering(every: every) }
}
