import PowerEvents

/// What changed and is not durable yet, named by what it concerns: the values are taken once they are asked for.
///
/// It knows of each breach what the journal has, so that of thousands of plans only those are written that changed.
struct ChangeLog: Sendable {
    private(set) var breaches: Set<UUIDText> = []
    private var plans: [UUIDText: Set<Int>] = [:]
    private var removedBreaches: Set<UUIDText> = []
    private var controls: Set<ControlKey> = []
    private var removedControls: Set<ControlKey> = []
    private var releases: [(breach: UUIDText, control: ControlKey, outcome: Outcome)] = []
    private var areFreezesChanged = false
    private var history: [HistoryEntry] = []
    private var readings: [PowerReading] = []
    /// What is durable of each breach that is not over, as far as it grows with the hints.
    private var durable: [UUIDText: DurableBreach] = [:]

    /// - Parameter breaches: as the journal has them
    init(_ breaches: [Breach] = []) {
        for breach in breaches where !breach.isClosed { durable[breach.id] = DurableBreach(breach) }
    }

    /// Something of a breach has changed. Its plans are written again only if they have, too.
    mutating func touch(_ breach: UUIDText) { breaches.insert(breach) }

    /// One plan of a breach has taken the place of another (``Breach/replacePlan(at:with:)``).
    mutating func touch(plan position: Int, of breach: UUIDText) { plans[breach, default: []].insert(position) }

    mutating func remove(_ breach: UUIDText) {
        breaches.remove(breach)
        plans[breach] = nil
        durable[breach] = nil
        removedBreaches.insert(breach)
    }

    mutating func touch(_ control: ControlKey) {
        controls.insert(control)
        removedControls.remove(control)
    }

    mutating func remove(_ control: ControlKey) {
        controls.remove(control)
        removedControls.insert(control)
    }

    mutating func note(_ outcome: Outcome, releasing control: ControlKey, of breach: UUIDText) {
        releases.append((breach, control, outcome))
    }

    mutating func touchFreeze() { areFreezesChanged = true }

    mutating func log(_ entry: HistoryEntry) { history.append(entry) }

    mutating func note(_ reading: PowerReading) { readings.append(reading) }

    /// Takes what has to be made durable, once.
    ///
    /// - Parameters:
    ///   - all: all breaches as they are now, those that are over retired
    ///   - held: all controls as they are now
    mutating func take(
        breaches all: [UUIDText: Breach], controls held: [ControlKey: HeldControl], freezes: [Freeze]
    ) -> Changes {
        var changes = Changes()
        for id in breaches.union(plans.keys).sorted() {
            if let breach = all[id] { take(breach, into: &changes) }
        }
        changes.removedBreaches = removedBreaches.sorted()
        changes.controls = controls.sorted().compactMap { key in held[key].map { ($0.entry, $0.outcome) } }
        changes.removedControls = removedControls.sorted()
        changes.releases = releases
        changes.freezes = areFreezesChanged ? freezes : nil
        changes.history = history
        changes.readings = readings
        let durable = durable
        self = ChangeLog()
        self.durable = durable
        return changes
    }

    private mutating func take(_ breach: Breach, into changes: inout Changes) {
        let id = breach.id
        if breach.isClosed {
            durable[id] = nil
            changes.breaches.append(breach)
        } else if let known = durable[id], known.plansRevision == breach.plansRevision,
            known.released.isSubset(of: breach.released)
        {
            if breaches.contains(id) { changes.states.append(breach.withoutPlans) }
            for position in plans[id, default: []].sorted() where position < breach.plans.count {
                changes.plans.append((id, position, breach.plans[position]))
            }
            if known.released.count < breach.released.count {
                for key in breach.released.subtracting(known.released).sorted() { changes.letGo.append((id, key)) }
                durable[id] = DurableBreach(breach)
            }
        } else {
            changes.breaches.append(breach)
            durable[id] = DurableBreach(breach)
        }
    }
}
