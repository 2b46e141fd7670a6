import PowerEvents
import Site

/// Budgets that are open: they are kept by what is known of their members, and by what meters show. Caps are promises,
/// meters are facts.
extension Breaches {
    /// Cuts the members of each budget that is not kept although they do as they were told.
    mutating func checkBudgets(now: Timestamp) -> [Action] {
        guard !isHalted, due.takeBudgetCheck(now) else { return [] }
        var actions: [Action] = []
        for id in openBreaches {
            guard let breach = breaches[id], breach.isWithSpreads else { continue }
            for (position, plan) in breach.plans.enumerated() {
                guard case .spread(let spread) = plan.verdict, !spread.unknown.isEmpty else { continue }
                learn(plan, spread, at: position, of: id, now: now)
            }
            actions += keepBudgets(of: id, now: now)
            let parts = breaches[id]?.parts ?? [:]
            for (position, plan, target) in budgets(of: id) {
                actions += correct(plan, parts[HintName(plan.hint)] ?? [], target, at: position, of: id, now: now)
            }
        }
        return actions
    }

    /// The hints of a breach that ask for watts together. Those too that a later alert has put in other terms: what they
    /// asked for holds.
    private func budgets(of id: UUIDText) -> [(position: Int, plan: PlannedHint, target: Watts)] {
        (breaches[id]?.plans ?? []).enumerated().compactMap { position, plan in
            guard plan.member == nil, case .spread(let spread) = plan.verdict else { return nil }
            return spread.target.map { (position, plan, $0) }
        }
    }

    /// Sees to it that what members were found to need since a budget was split is taken off the others: a minimum that is
    /// higher than a share, what a node draws beside its GPUs, the steps of a BMC. Only of budgets all of whose members have
    /// come to an end, and it only tightens.
    mutating func keepBudgets(of id: UUIDText, now: Timestamp) -> [Action] {
        guard !isHalted, let breach = breaches[id], breach.isOpen, breach.isWithSpreads else { return [] }
        let parts = breach.parts
        var actions: [Action] = []
        for (_, plan, target) in budgets(of: id) {
            let parts = parts[HintName(plan.hint)] ?? []
            guard hasEnded(parts, of: id) else { continue }
            let hold = BudgetHold(plan, parts, in: self)
            let excess = hold.total - max(target, floor(of: plan))
            guard excess > .zero else { continue }
            actions += ask(hold.cut(by: excess, from: \.share, split: policy.split), of: id)
        }
        return actions
    }

    /// Under this what a hint is about is not capped, by the inventory.
    private func floor(of plan: PlannedHint) -> Watts {
        site.resource(named: plan.hint.resourceID)?.floor ?? .zero
    }

    private func hasEnded(_ parts: [Breach.Part], of id: UUIDText) -> Bool {
        parts.allSatisfy { part in
            // What a suspension covers ends with that.
            let keys = if case .covered(let cover, _, _) = part.plan.verdict { [cover] } else { part.plan.controls }
            return keys.allSatisfy { key in
                controls[key].map { $0.outcome != nil } ?? true && unsettled[id]?.contains(key) != true
            }
        }
    }

    /// Asks members of a budget for less.
    private mutating func ask(_ cuts: [(member: BudgetHold.Member, demand: Watts)], of id: UUIDText) -> [Action] {
        var actions: [Action] = []
        for (member, demand) in cuts {
            for position in member.positions {
                guard var tighter = breaches[id]?.plans[position] else { continue }
                tighter.verdict = .demand(.cap(demand), of: tighter.controls)
                replacePlan(at: position, of: id, with: tighter)
            }
            if let action = pursueAnew(member.key) { actions.append(action) }
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
            let isSkipped = breaches[id]?.plans.contains { part in
                guard part.member == name, case .skipped = part.verdict else { return false }
                return HintName(part.hint) == HintName(plan.hint)
            }
            if isSkipped == true {
                guard let draw = sightings.draw(of: name, now: now) else { continue }
                known.fixed[name] = draw
            } else if resource.type == .node, let rest = planner.rest(of: resource) {
                known.rests[name] = rest
            } else {
                continue
            }
            known.unknown.removeAll { $0 == name }
        }
        tell(known, insteadOf: spread, at: position, of: id, now: now)
    }

    /// What is known of a budget has changed, which is news.
    private mutating func tell(
        _ spread: Spread, insteadOf known: Spread, at position: Int, of id: UUIDText, now: Timestamp
    ) {
        guard spread != known, var header = breaches[id]?.plans[position] else { return }
        header.verdict = .spread(spread)
        replacePlan(at: position, of: id, with: header)
        due.tellNews(id, now: now)
    }

    // MARK: By meters

    private mutating func correct(
        _ plan: PlannedHint, _ parts: [Breach.Part], _ target: Watts, at position: Int, of id: UUIDText, now: Timestamp
    ) -> [Action] {
        guard let breach = breaches[id], hasEnded(parts, of: id), case .spread(let spread) = plan.verdict else {
            return []
        }
        let since = parts.flatMap(\.plan.controls).compactMap { controls[$0]?.settledAt }.max() ?? breach.openedAt
        guard let shown = measured(plan, parts.map(\.plan), noOlderThan: since + policy.settleTime, now: now) else {
            return []
        }
        var changed = spread
        defer { tell(changed, insteadOf: spread, at: position, of: id, now: now) }
        let bound = max(target, floor(of: plan))
        guard shown > bound else {
            changed.excess = nil
            return []
        }
        let hold = BudgetHold(plan, parts, in: self) { key in
            guard key.facet == .powerLimit, controls[key]?.entry.sharedBy == nil else { return nil }
            return sightings.reading(of: key.resource).flatMap { $0.at >= since ? $0.watts : nil }
        }
        let cuts = hold.correction(of: shown - bound, split: policy.split)
        guard spread.corrections < policy.reassertLimit, !cuts.isEmpty else {
            changed.excess = shown
            return []
        }
        changed.corrections += 1
        changeLog.log(
            HistoryEntry(
                .correction, "cut", breach: id, value: shown.description, prior: target.description,
                message: "\(plan.hint.resourceID) is measured at \(shown), above its \(target)"))
        return ask(cuts, of: id)
    }

    /// Under this a control is not cut, as far as is known.
    func floor(of key: ControlKey) -> Watts {
        let names = [key] + (controls[key]?.entry.sharedBy ?? [])
        let floors = names.compactMap { inventoryFloor(of: $0) }
        return max(sightings[key]?.range.minimum ?? .zero, floors.max() ?? .zero)
    }

    /// What meters show of all that a hint is about: its own, or those of what is inside. nil as long as one of them may yet
    /// show something since a time. What is not there, or drawn from elsewhere, is not waited for.
    private func measured(
        _ plan: PlannedHint, _ parts: [PlannedHint], noOlderThan time: Timestamp, now: Timestamp
    ) -> Watts? {
        func fresh(_ resource: String) -> Watts? {
            sightings.reading(of: resource).flatMap { $0.at >= time ? $0.watts : nil }
        }
        // What is fed by another feed is in what the whole shows.
        let isElsewhere = parts.contains { if case .skipped(.otherFeed) = $0.verdict { true } else { false } }
        if !isElsewhere, let resource = site.resource(named: plan.hint.resourceID), let own = fresh(resource.id) {
            return own
        }
        var spread = Spread(target: nil)
        if case .spread(let own) = plan.verdict { spread = own }
        // A machine is metered as a whole, whichever of its GPUs is capped; and a control that is shared lets through once.
        var shown: [String: Watts] = [:]
        var unmetered: [ControlKey: Watts] = [:]
        for part in parts {
            switch part.verdict {
            case .spread(let inner): spread.take(inner)
            case .skipped(.otherFeed): continue
            case .demand, .covered, .skipped:
                guard let resource = site.resources[part.resource] else { continue }
                let whole = resource.type == .gpu ? resource.parent : nil
                if let whole, let watts = fresh(whole) {
                    shown[whole] = watts
                } else if let watts = fresh(resource.id) {
                    shown[resource.id] = watts
                } else if mayYetTell(resource.id, now: now), !part.controls.isEmpty {
                    return nil
                } else if let key = part.controls.first {
                    unmetered[key] = controls[key]?.outcome?.appliedLimit ?? .zero
                } else {
                    shown[resource.id] = sightings.draw(of: resource.id, now: now) ?? .zero
                }
            }
        }
        // Caps alone are no reason to correct them.
        if shown.isEmpty { return nil }
        // Of what is metered by its GPUs alone, the rest is as large as it was known to be.
        let rests = spread.rests.filter { shown[$0.key] == nil }.values
        return [Array(shown.values), Array(unmetered.values), Array(rests)].joined().reduce(.zero, +)
    }

    /// Whether a meter has shown something lately, and so will again.
    private func mayYetTell(_ resource: String, now: Timestamp) -> Bool {
        sightings.reading(of: resource).map { now - $0.at <= policy.meterEvery * 3 } ?? false
    }
}

extension Breach {
    /// Whether a hint is met through what is inside.
    var isWithSpreads: Bool { plans.contains { if case .spread = $0.verdict { true } else { false } } }
}

extension Demand {
    /// The watts of a cap that is said in watts.
    var cap: Watts? { if case .cap(let watts) = self { watts } else { nil } }
}
