public import PowerEvents
import Site

/// What a breach asks for, what is confirmed, and what is measured.
extension Breaches {
    /// Of one breach; of the hints of one priority where that is said. Nothing of one that is over.
    public func power(of id: UUIDText, priority: Int? = nil, now: Timestamp) -> BreachPower {
        powerByMachine(of: id, priority: priority, now: now).values.reduce(BreachPower(), +)
    }

    /// The same of each machine.
    public func powerByMachine(of id: UUIDText, priority: Int? = nil, now: Timestamp) -> [String: BreachPower] {
        var powers: [String: BreachPower] = [:]
        for (machine, draft) in drafts(of: id, priority: priority) {
            powers[machine] = draft.power(of: machine, self, id, now: now)
        }
        return powers
    }

    /// What an alert would make of this, were it accepted now. Changes nothing here: it is worked out on a copy.
    public func rehearsal(of alert: BreachAlert, now: Timestamp) -> Breaches {
        var copy = self
        if let known = copy.breaches[alert.breachID] {
            copy.holdIndex.remove(known)
            copy.remove(alert.breachID)
        }
        // As far as the site would count it.
        copy.shared?.granted = shared?.foreseen(policy, nodes: site.nodeCount) ?? 0
        let origin = Breach.Origin(source: "", trace: nil, correlationID: nil)
        _ = copy.takeIn(alert, origin: origin, now: now)
        return copy
    }

    /// What the machines of each feed were last seen to draw, of those that are metered; by the first of their feeds where
    /// they have several.
    public func feedPower(now: Timestamp) -> [String: Watts] {
        var sums: [String: Watts] = [:]
        for resource in site.resources.values where resource.type != .gpu && resource.bmc != nil {
            guard let feed = resource.feeds?.first, let watts = sightings.draw(of: resource.id, now: now) else {
                continue
            }
            // A chassis around a node that is metered as well shows the same watts again.
            let isAround = site.children(of: resource.id).contains { sightings.reading(of: $0.id) != nil }
            if resource.type == .node || !isAround { sums[feed, default: .zero] = sums[feed, default: .zero] + watts }
        }
        return sums
    }

    /// What machines drew that a breach has come to bear on, as it was last seen: known from now on as what they drew before.
    ///
    /// Of a machine that was written to since it was opened nothing is taken: what it draws now may be our own doing, and not
    /// known is better than false.
    mutating func noteBaselines(of id: UUIDText, for keys: some Sequence<ControlKey>, now: Timestamp) -> [String: Watts]
    {
        guard let breach = breaches[id] else { return [:] }
        var new: [String: Watts] = [:]
        for key in keys {
            let parent = site.resources[key.resource].flatMap { $0.type == .gpu ? $0.parent : nil }
            if let bmc = site.resources[key.resource]?.bmc?.address, isWritten(bmc, for: id) { continue }
            for resource in [key.resource, parent].compactMap({ $0 })
            where breach.baselines[resource] == nil && new[resource] == nil {
                new[resource] = sightings.draw(of: resource, now: now)
            }
            guard key.facet == .gpuTotal else { continue }
            for gpu in site.children(of: key.resource) where breach.baselines[gpu.id] == nil {
                new[gpu.id] = sightings.draw(of: gpu.id, now: now)
            }
        }
        if !new.isEmpty { breaches[id]?.baselines.merge(new) { known, _ in known } }
        return new
    }

    /// Makes baselines durable, with what else is.
    mutating func keep(_ baselines: [String: Watts], of id: UUIDText, now: Timestamp) {
        for (resource, watts) in baselines.sorted(by: { $0.key < $1.key }) {
            changeLog.note(reading(of: resource, watts, for: id, now: now, isBaseline: true))
        }
    }

    /// Whether anything was, or is about to be, written to a BMC since a breach was opened, for whichever.
    private func isWritten(_ bmc: BMC.Address, for id: UUIDText) -> Bool { writtenBMCs[id]?.contains(bmc) == true }

    /// Where a write may be on its way.
    var bmcsUnderWay: Set<BMC.Address> {
        Set(controls.values.lazy.filter { $0.isRunning && $0.entry.intent != nil }.map(\.entry.bmc.address))
    }

    /// Something is about to be written, or was before a restart.
    mutating func noteWritten(_ entry: ControlEntry) {
        // Not over the dictionary's own keys, which would make each insertion copy the set that it goes into.
        for id in Array(writtenBMCs.keys) { writtenBMCs[id]?.insert(entry.bmc.address) }
    }

    /// Says in the history what a breach has come to ask for.
    mutating func sumUp(_ id: UUIDText, now: Timestamp) {
        guard due.takeSum(of: id, now), breaches[id]?.baselines.isEmpty == false else { return }
        let asked = power(of: id, now: now).asked
        changeLog.log(HistoryEntry(.plan, "asked", breach: id, value: asked.description))
    }

    /// What is asked of one machine, by its own control or those of its GPUs.
    private struct Draft {
        var own: [(key: ControlKey, demand: Demand)] = []
        var gpus: [(key: ControlKey, demand: Demand)] = []

        func power(of machine: String, _ book: Breaches, _ id: UUIDText, now: Timestamp) -> BreachPower {
            guard let breach = book.breaches[id] else { return BreachPower() }
            var power = BreachPower()
            // A cap on the machine as a whole counts for what is inside.
            let units = own.isEmpty ? gpus : own
            for key in Set(units.map(\.key)).sorted() {
                let demands = units.filter { $0.key == key }.map(\.demand)
                power = power + book.unit(key, demands, breach)
            }
            guard let before = breach.baselines[machine], let now = book.freshReading(of: machine, in: breach, now: now)
            else {
                for key in Set(units.map(\.key)) {
                    guard let before = breach.baselines[key.resource],
                        let now = book.freshReading(of: key.resource, in: breach, now: now)
                    else { continue }
                    power.measured = power.measured + max(before - now, .zero)
                    power.metered = power.metered + before
                }
                return power
            }
            // Of the machine as a whole: what its GPUs save may be eaten up by the rest.
            power.measured = max(before - now, .zero)
            power.metered = power.baseline
            return power
        }
    }

    private func drafts(of id: UUIDText, priority: Int?) -> [String: Draft] {
        guard let breach = breaches[id], !breach.isClosed else { return [:] }
        var drafts: [String: Draft] = [:]
        for plan in breach.plans where priority.map({ $0 == plan.hint.priority }) ?? true {
            guard let demand = plan.demand else { continue }
            for key in plan.controls where !breach.released.contains(key) {
                guard let resource = site.resources[key.resource] else { continue }
                if resource.type == .gpu {
                    drafts[resource.parent ?? resource.id, default: Draft()].gpus.append((key, demand))
                } else if key.facet == .gpuTotal {
                    drafts[resource.id, default: Draft()].gpus.append((key, demand))
                } else {
                    drafts[resource.id, default: Draft()].own.append((key, demand))
                }
            }
        }
        return drafts
    }

    /// What is asked of one control, and confirmed.
    private func unit(_ key: ControlKey, _ demands: [Demand], _ breach: Breach) -> BreachPower {
        var power = BreachPower()
        let sight = sightings[key]
        let most = sight?.range.maximum ?? controls[key]?.entry.prior?.value.limit
        let drawn = key.facet == .gpuTotal ? gpuBaseline(key.resource, breach) : breach.baselines[key.resource]
        guard let before = drawn ?? most else { return power }
        power.baseline = before
        let target = demands.compactMap { demand -> Watts? in
            switch demand {
            case .cap(let watts): watts
            case .capToShare(let share): most?.scaled(by: share)
            case .capToMinimum: sight?.range.minimum
            case .suspended: .zero
            case .slowToShare, .mode: nil
            }
        }.min()
        if let target { power.asked = max(before - target, .zero) }
        guard let outcome = controls[key]?.outcome, outcome.code == .applied else { return power }
        switch outcome.value {
        case .limit(let limit?): power.confirmed = max(before - limit, .zero)
        case .power(let state) where state.isDown: power.confirmed = before
        default: break
        }
        return power
    }

    /// What the GPUs of a node drew together; where they were not measured, what the node drew less what draws beside them
    /// at least.
    private func gpuBaseline(_ node: String, _ breach: Breach) -> Watts? {
        if let sum = BudgetTree.sum(site.children(of: node).map { breach.baselines[$0.id] }, .zero) { return sum }
        return breach.baselines[node].map { max($0 - (site.resources[node]?.rest ?? .zero), .zero) }
    }

    /// What a meter showed since a breach began, and so lately that it counts.
    private func freshReading(of resource: String, in breach: Breach, now: Timestamp) -> Watts? {
        guard let reading = sightings.reading(of: resource), reading.at > breach.openedAt,
            now - reading.at <= policy.meterEvery * 3
        else { return nil }
        return reading.watts
    }
}
