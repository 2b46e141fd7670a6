public import PowerEvents

extension Book {
    /// When the next tick can have anything to do; nil where it has nothing. Never later than that.
    public var nextDue: Timestamp? {
        var due: [Timestamp] = isHalted ? [] : controls.values.compactMap(\.nextLook)
        due += reportDue.values
        due += newsDue.values
        for breach in breaches.values where !parked.breaches.contains(breach.id) {
            switch breach.phase {
            case .open:
                if let last = breach.reportedAt { due.append(last + policy.republishEvery) }
                if !breach.isOverdue { due.append(breach.openedAt + policy.maxHold) }
                if let waves = waves[breach.id], !waves.isEmpty { due.append(Timestamp(milliseconds: 0)) }
            case .holdingDown(let until): if !isHalted { due.append(until) }
            case .releasing(let nextStep): if breach.released.count < breach.controls.count { due.append(nextStep) }
            case .closed: break
            }
        }
        return due.min()
    }
}
