import PowerEvents
import Site

/// What meters show, and what follows from it: caps are promises, meters are facts.
extension Breaches {
    /// The BMCs on which something is held for a breach that is not over,
    /// and which answer as far as is known.
    var heldBMCs: Set<BMC.Address> {
        Set(
            holdIndex.controls.compactMap { key in
                controls[key].flatMap { $0.outcome?.isUnreachable == true ? nil : $0.entry.bmc.address }
            })
    }

    /// Meters showed something. Thousands of them answer one after the other, and what follows is worked out for all at
    /// once, by the next tick.
    mutating func metered(_ sight: Sight, now: Timestamp) {
        sightings.take(sight, now: now)
        var worth: [String: Watts] = [:]
        for (resource, watts) in sight.watts where sightings.isWorthNoting(resource, now: now) {
            worth[resource] = watts
        }
        note(worth, now: now)
        due.checkBudgets(now: now)
    }

    /// Cuts the members of each budget that is not kept although they do as they were told.
    mutating func checkBudgets(now: Timestamp) -> [Action] {
        guard !isHalted, due.takeBudgetCheck(now) else { return [] }
        var actions: [Action] = []
        for id in openBreaches {
            guard let breach = breaches[id] else { continue }
            if breach.parts.isEmpty { continue }
            for (position, plan) in breach.plans.enumerated() {
                guard case .spread(let spread) = plan.verdict, !spread.unknown.isEmpty else { continue }
                learn(plan, spread, at: position, of: id, now: now)
            }
            let parts = breach.parts
            for (position, plan) in (breaches[id]?.plans ?? []).enumerated()
            where plan.member == nil && !plan.isSuperseded {
                guard case .spread(let spread) = plan.verdict, let target = spread.target else { continue }
                let parts = parts[HintName(plan.hint)] ?? []
                actions += correct(plan, parts, spread, target, at: position, of: id, now: now)
            }
        }
        return actions
    }

    /// Meters may tell later what nothing told when a budget was split.
    private mutating func learn(
        _ plan: PlannedHint, _ spread: Spread, at position: Int, of id: UUIDText, now: Timestamp
    ) {
        let planner = planner(now: now)
        var known = spread
        for name in spread.unknown {
            guard let resource = site.resources[name] else { continue }
            let isNode = plan.resource == name || breaches[id]?.plans.contains { $0.member == name } != true
            if isNode, resource.type == .node, let rest = planner.rest(of: resource) {
                known.rests[name] = rest
            } else if !isNode, let draw = sightings.draw(of: name, now: now) {
                known.fixed[name] = draw
            } else {
                continue
            }
            known.unknown.removeAll { $0 == name }
        }
        guard known != spread else { return }
        var header = plan
        header.verdict = .spread(known)
        replacePlan(at: position, of: id, with: header)
        due.tellNews(id, now: now)
    }

    /// Evidence of what was measured while breaches were held.
    private mutating func note(_ watts: [String: Watts], now: Timestamp) {
        for id in breaches.keys.sorted() where breaches[id]?.isClosed == false {
            for (resource, watts) in watts.sorted(by: { $0.key < $1.key }) where bears(id, on: resource) {
                changeLog.note(reading(of: resource, watts, for: id, now: now))
            }
        }
    }

    func reading(of resource: String, _ watts: Watts, for id: UUIDText, now: Timestamp) -> PowerReading {
        let parent = site.resources[resource].flatMap { $0.type == .gpu ? $0.parent : nil }
        let isPart = parent.flatMap { sightings.reading(of: $0) } != nil
        return PowerReading(breach: id, resource: resource, watts: watts, at: now, isPart: isPart)
    }

    private func bears(_ id: UUIDText, on resource: String) -> Bool {
        guard let known = site.resources[resource] else { return false }
        return ([resource] + site.children(of: resource).map(\.id) + site.enclosing(known).map(\.id)).contains { name in
            ControlKey.Facet.allCases.contains { holdIndex[ControlKey(resource: name, facet: $0)][id] != nil }
        }
    }

    private mutating func correct(
        _ plan: PlannedHint, _ parts: [Breach.Part], _ spread: Spread, _ target: Watts, at position: Int,
        of id: UUIDText, now: Timestamp
    ) -> [Action] {
        guard let breach = breaches[id] else { return [] }
        let keys = parts.flatMap(\.plan.controls)
        let since = keys.compactMap { controls[$0]?.settledAt }.max() ?? breach.openedAt
        guard keys.allSatisfy({ controls[$0]?.outcome != nil && unsettled[id]?.contains($0) != true }),
            let shown = measured(plan, parts.map(\.plan), noOlderThan: since + policy.settleTime)
        else { return [] }
        var changed = spread
        defer {
            if changed != spread {
                var header = plan
                header.verdict = .spread(changed)
                replacePlan(at: position, of: id, with: header)
                due.tellNews(id, now: now)
            }
        }
        guard shown > target else {
            changed.excess = nil
            return []
        }
        let members = parts.compactMap { part in part.plan.controls.first.map { (part.position, part.plan, $0) } }
        let shares = members.map { _, part, key -> Watts in
            controls[key]?.outcome?.value?.limit ?? part.demand?.cap ?? Watts.zero
        }
        let floors = members.map { _, _, key in floor(of: key) }
        let cut = Budget.cut(shares, by: shown - target, floors: floors)
        guard spread.corrections < policy.reassertLimit, cut != shares else {
            changed.excess = shown
            return []
        }
        changed.corrections += 1
        changeLog.log(
            HistoryEntry(
                .correction, "cut", breach: id, value: shown.description, prior: target.description,
                message: "\(plan.hint.resourceID) is measured at \(shown), above its \(target)"))
        var actions: [Action] = []
        for ((position, part, key), (share, old)) in zip(members, zip(cut, shares)) where share < old {
            var tighter = part
            tighter.verdict = .demand(.cap(share), of: part.controls)
            replacePlan(at: position, of: id, with: tighter)
            controls[key]?.goalRevision += 1
            controls[key]?.outcome = nil
            for holder in holdIndex[key].keys where breaches[holder]?.isOpen == true {
                unsettled[holder, default: []].insert(key)
            }
            if let action = queue(key, priority: workPriority(of: key)) { actions.append(action) }
        }
        return actions
    }

    /// Under this a control is not cut, as far as is known.
    private func floor(of key: ControlKey) -> Watts {
        max(sightings[key]?.range.minimum ?? .zero, site.resources[key.resource]?.floor ?? .zero)
    }

    /// What meters show of all that a hint is about: its own, or those of what is inside. nil where one of them has shown
    /// nothing since a time.
    private func measured(_ plan: PlannedHint, _ parts: [PlannedHint], noOlderThan time: Timestamp) -> Watts? {
        func fresh(_ resource: String) -> Watts? {
            sightings.reading(of: resource).flatMap { $0.at >= time ? $0.watts : nil }
        }
        if let resource = site.resource(named: plan.hint.resourceID), let own = fresh(resource.id) { return own }
        // A machine is metered as a whole, whichever of its GPUs is capped.
        var machines: Set<String> = []
        for part in parts {
            guard let resource = site.resources[part.resource] else { return nil }
            let isPart = resource.type == .gpu && resource.parent.map { fresh($0) != nil } == true
            machines.insert(isPart ? resource.parent ?? resource.id : resource.id)
        }
        return machines.reduce(Watts.zero as Watts?) { sum, machine in
            sum.flatMap { sum in fresh(machine).map { sum + $0 } }
        }
    }
}

extension Demand {
    /// The watts of a cap that is said in watts.
    var cap: Watts? { if case .cap(let watts) = self { watts } else { nil } }
}
