import PowerEvents
import Site

/// Looks at BMCs that change nothing: the patrol's rounds, and metering while something is held. Both come behind
/// everything that enforces, and end where that wants their BMC.
struct Visits: Sendable {
    private var patrol: Patrol
    private var metering: Metering
    private var underWay: [BMC.Address: Visit] = [:]
    /// BMCs that the patrol wants to look at, and that wait for their slot.
    private var patrolled: Set<BMC.Address> = []

    /// What is to be done on a BMC whose turn has come.
    enum Work {
        case meter([MeterOrder.Machine], BMC)
        case look(Resource, gpus: [Resource], isKnown: Bool, BMC)

        var bmc: BMC {
            switch self {
            case .meter(_, let bmc), .look(_, _, _, let bmc): bmc
            }
        }
    }

    init(_ bounds: Bounds, site: Site) {
        patrol = Patrol(every: bounds.patrolEvery, site: site)
        metering = Metering(site: site)
    }

    mutating func reload(_ site: Site) {
        patrol.reload(site)
        metering.reload(site)
    }

    var nextDue: Timestamp? { [patrol.nextDue, patrol.health.nextDue].compactMap { $0 }.min() }

    /// What the patrol knows of each BMC.
    var health: FleetHealth { patrol.health }

    mutating func tellHealth(now: Timestamp) -> FleetHealth.News? { patrol.tellHealth(now: now) }

    /// A request for a breach found a BMC in trouble, or without.
    mutating func didTell(_ trouble: BMCTrouble?, of bmc: BMC.Address, now: Timestamp) {
        patrol.didLook(at: bmc, nil, trouble, now: now)
    }

    func nextMetering(every: Duration) -> Timestamp? { metering.nextDue(every: every) }

    /// Enforcement wants a BMC. - Returns: the visit that is to end; nil where none is under way
    mutating func end(at bmc: BMC.Address) -> RunID? {
        guard let visit = underWay[bmc], !visit.isEnding else { return nil }
        underWay[bmc]?.isEnding = true
        return visit.id
    }

    /// Ends them all. - Returns: those that were under way
    mutating func endAll() -> [RunID] { underWay.keys.sorted().compactMap { end(at: $0) } }

    // MARK: Coming in

    /// Sends the patrol where it is due, unless enforcement has much to do; the next round comes soon.
    mutating func sendPatrol(_ queues: inout Queues, now: Timestamp) {
        while let bmc = patrol.due(now: now) {
            if underWay[bmc] == nil, queues.isQuiet(now: now) {
                guard queues.hasRoomForVisit else { return }
                patrolled.insert(bmc)
                queues.addVisit(at: bmc, now: now)
            }
            patrol.didSend()
        }
    }

    /// Has the machines metered that something is held on, where enforcement leaves room. - Returns: whose turn it is
    mutating func sendMeters(
        _ queues: inout Queues, _ held: () -> Set<BMC.Address>, every: Duration, now: Timestamp
    ) -> [BMC.Address] {
        var sent: [BMC.Address] = []
        while let bmc = metering.due(held, every: every, now: now) {
            // What is looked at by the patrol just now is metered with it.
            if underWay[bmc] != nil {
                metering.skip()
                continue
            }
            // Its turn is not lost: what is due in step with it would keep it from its meter for ever.
            guard queues.isQuiet(now: now), queues.hasRoomForVisit else { return sent }
            metering.didSend()
            queues.addVisit(at: bmc, now: now)
            sent.append(bmc)
        }
        return sent
    }

    // MARK: Going out

    /// What to do on a BMC: what is held is metered first. nil where nothing is wanted of it any more.
    mutating func next(at bmc: BMC.Address) -> Work? {
        if let machines = metering.take(bmc), let bmc = machines.first?.resource.bmc { return .meter(machines, bmc) }
        patrolled.remove(bmc)
        guard let (resource, isKnown) = patrol.next(at: bmc), let bmc = resource.bmc else { return nil }
        return .look(resource, gpus: metering.gpus(of: resource), isKnown: isKnown, bmc)
    }

    /// Metering alone, where that is due and nothing else looks at the BMC.
    mutating func nextMetering(at bmc: BMC.Address) -> Work? {
        guard underWay[bmc] == nil, let machines = metering.take(bmc), let known = machines.first?.resource.bmc else {
            return nil
        }
        return .meter(machines, known)
    }

    mutating func begin(_ work: Work, as id: RunID) {
        let resource: String? = if case .look(let resource, _, _, _) = work { resource.id } else { nil }
        underWay[work.bmc.address] = Visit(id: id, resource: resource)
    }

    /// What a visit came to.
    enum Result {
        /// A turn of metering.
        case metered
        /// A look of the patrol that was cut short.
        case cutShort
        /// A look that saw its resource, or what is wrong with the whole BMC.
        case looked(BMCTrouble?)
    }

    /// - Returns: whether the visit was known; and whether the BMC is to be visited again at once
    mutating func did(
        _ id: RunID, at bmc: BMC.Address, _ result: Result, now: Timestamp
    ) -> (isKnown: Bool, isAgain: Bool) {
        guard let visit = underWay[bmc], visit.id == id else { return (false, false) }
        underWay[bmc] = nil
        var isToGoOn = !visit.isEnding
        switch result {
        case .metered: isToGoOn = false
        case .cutShort: break
        case .looked(let trouble):
            let isInDoubt = patrol.didLook(at: bmc, visit.resource, trouble, now: now)
            if trouble == nil, let resource = visit.resource { patrol.didSee(resource) }
            if isInDoubt, !visit.isEnding { patrolled.insert(bmc) }
            if trouble != nil { isToGoOn = false }
        }
        // A machine is wholly known before it is left.
        if isToGoOn, patrol.isNew(bmc) { patrolled.insert(bmc) }
        return (true, patrolled.contains(bmc))
    }
}
