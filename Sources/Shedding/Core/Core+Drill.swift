import PowerEvents

/// Rehearsals that operators ask for.
extension Core {
    /// - Returns: why not; nil where it was begun
    mutating func beginDrill(_ order: DrillOrder, _ step: inout Step) -> DrillRefusal? {
        if let refusal = obstacleToDrill { return refusal }
        finishUnfinished(&step)
        let now = step.now.steady
        if let why = book.objection(toDrill: order, now: now) { return .nothingToCap(why) }
        drill = Drill(order, at: now)
        absorb(book.beginDrill(order, now: now), &step)
        return nil
    }

    /// Why no drill can be begun now, whatever it is of.
    public var obstacleToDrill: DrillRefusal? {
        if let drill, drill.isUnderWay { return .drillUnderWay(drill.order.id) }
        if confirmation != nil { return .awaitingResume }
        if let breach = book.breaches.values.filter({ !$0.isClosed }).min(by: { $0.openedAt < $1.openedAt }) {
            return .breachOpen(breach.id)
        }
        if mode == .observe { return .observing }
        return book.isFrozen ? .frozen : nil
    }

    /// Takes it to its next phase, where that has come.
    mutating func advanceDrill(_ step: inout Step) {
        guard var drill, drill.isUnderWay else { return }
        let (now, id) = (step.now.steady, drill.order.id)
        switch drill.phase {
        case .capping, .holding:
            guard book.breaches[id]?.isOpen == true else { return endDrill(because: "it was released", &step) }
            if drill.phase == .capping {
                let isLate = now - drill.startedAt > book.policy.deadline + Self.drillGrace
                guard book.isSettled(id) || isLate && !book.isLeaseAway else { return }
                drill.settled(at: now)
                self.drill = drill
            } else if let settled = drill.settledAt, now - settled >= drill.order.hold {
                endDrill(because: nil, &step)
            }
        case .restoring:
            guard book.breaches[id]?.isClosed != false else { return }
            drill.ended(at: now)
            self.drill = drill
            step.tell(.drillEnded(drill))
        case .done: break
        }
    }

    /// What a cap may take beyond its deadline.
    private static let drillGrace = Duration.seconds(10)

    /// Puts everything back. - Parameter reason: where it is not the drill's time
    mutating func endDrill(because reason: String?, _ step: inout Step) {
        guard var drill, drill.phase == .capping || drill.phase == .holding else { return }
        let (now, id) = (step.now.steady, drill.order.id)
        drill.released(at: now, book.progress(of: id), book.power(of: id, now: now), reason: reason)
        self.drill = drill
        absorb(book.endDrill(id, now: now), &step)
    }

    /// A process that ended in the middle of a drill left its holds; the next one puts them back.
    mutating func endEarlierDrills(_ step: inout Step) {
        for breach in book.breaches.values.filter({ $0.isDrill && $0.isOpen }).sorted(by: { $0.id < $1.id }) {
            absorb(book.endDrill(breach.id, now: step.now.steady), &step)
        }
    }
}
