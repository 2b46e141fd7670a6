public import PowerEvents
import Retrying
import Site

/// Controls: handing out convergences and taking in how they ended.
extension Breaches {
    /// A convergence to run, with the revision of the goal that it was made for.
    public struct Assignment: Sendable {
        public let convergence: Convergence
        public let revision: Int
    }

    /// What is to be done for a control whose turn in its BMC's queue has come: run an assignment, or nothing but the actions.
    ///
    /// The goal is looked up now and not when the control was queued, so that what was resolved meanwhile is not begun.
    public mutating func begin(_ key: ControlKey, now: Timestamp) -> (Assignment?, [Action]) {
        guard var control = controls[key], !control.isRunning else { return (nil, []) }
        let queued = control.queuedPriority
        control.queuedPriority = nil
        controls[key] = control
        // Thawing queues everything again.
        if isPaused { return (nil, []) }
        if parked.controls.contains(key) {
            return (nil, settle(key, .failed(.parked), now: now))
        }
        let demands = demands(on: key)
        if demands.isEmpty, !control.entry.isOwed {
            return (nil, settle(key, .applied(.nothingChanged), now: now))
        }
        if demands.isEmpty, let queued, !WorkPriority.isRelease(queued) {
            // It was to be shed when it came into the queue; what still is goes first.
            return (nil, queue(key, priority: workPriority(of: key)).map { [$0] } ?? [])
        }
        let pursued = pursuedDemands(on: key)
        if !demands.isEmpty, pursued?.isEmpty == true, !control.entry.isOwed {
            return (nil, letGoUntouched(key, now: now))
        }
        if demands.contains(.suspended), control.entry.intent == nil, let reason = unreachableRefusal(key) {
            return (nil, settle(key, .skipped(reason), now: now))
        }
        // What is to be put back waits; what is to hold is read, so that what is said of it stays true.
        if demands.isEmpty, isFrozen(key) { return (nil, []) }
        controls[key]?.isRunning = true
        former.begin(key, now: now)
        var terms = Convergence.Terms(
            floor: floor(of: control.entry), policy: policy, deadline: now + policy.deadline,
            failedReverts: control.failedReverts, pursued: pursued)
        terms.former = former.writes(to: key, now: now)
        terms.isRestored = control.isRestored
        if isProtectedSince(control.entry) {
            terms.pursued = []
            terms.whyNotPursued = .protectedSince
        }
        let goal: Convergence.Goal = demands.isEmpty ? .prior : .demands(demands)
        return (
            Assignment(
                convergence: Convergence(entry: control.entry, goal: goal, terms: terms),
                revision: control.goalRevision), []
        )
    }

    /// The bound under which a control is capped: that of its resources, and of what was in force when it was capped.
    private func floor(of entry: ControlEntry) -> Watts? {
        if entry.intent != nil, let known = entry.floor { return known == .zero ? nil : known }
        return ([entry.key] + (entry.sharedBy ?? [])).compactMap { inventoryFloor(of: $0) }.max()
    }

    /// The inventory's bound for one control. That of all GPUs has no part in what the rest of its node draws.
    func inventoryFloor(of key: ControlKey) -> Watts? {
        guard key.facet == .gpuTotal else { return site.resources[key.resource]?.floor }
        let floors = site.children(of: key.resource).compactMap(\.floor)
        return floors.isEmpty ? nil : floors.reduce(.zero, +)
    }

    /// Whether the inventory has come to protect what is held.
    private func isProtectedSince(_ entry: ControlEntry) -> Bool {
        let isProtected = ([entry.key] + (entry.sharedBy ?? [])).contains { key in
            guard let resource = site.resources[key.resource] else { return false }
            return resource.isProtected || inside(key).contains(where: \.isProtected)
        }
        return isProtected && !demands(on: entry.key).isEmpty
    }

    /// What a write to a control bears on beside the resource that it is of: a machine that goes down takes what is in it
    /// along, and the one limit of all GPUs is each one's.
    func inside(_ key: ControlKey) -> [Resource] {
        guard key.facet == .powerState || key.facet == .gpuTotal, let resource = site.resources[key.resource] else {
            return []
        }
        return site.contents(of: resource)
    }

    /// Whether a write may go out at this very moment; otherwise how the convergence ends. Never as `skipped`, which
    /// would let a release count as done.
    public func permit(_ key: ControlKey, revision: Int) -> Outcome? {
        if isFrozen(key) { return .failed(.frozen) }
        if isPaused { return .failed(.observing) }
        guard controls[key]?.goalRevision == revision else { return .failed(.superseded) }
        // The inventory may have been read again since it was begun.
        if let entry = controls[key]?.entry, isProtectedSince(entry) { return .failed(.protectedSince) }
        return nil
    }

    /// Whether an intent may be recorded, which is followed by a write; otherwise how the convergence ends.
    ///
    /// From here on what was said of the control is no longer known to be so: a cap that has to be put back does not
    /// hold, and no report says that it does.
    public mutating func permitRecord(_ entry: ControlEntry, revision: Int) -> Outcome? {
        let key = entry.key
        if let refusal = permit(key, revision: revision) { return refusal }
        if let holder = holderOfPlace(of: entry) {
            return .failed(.sharesControl(with: holder.resource))
        }
        claimPlace(of: entry)
        let outcome = controls[key]?.outcome
        if outcome?.code == .applied || outcome?.isNodeOff == true, !demands(on: key).isEmpty { unsettle(key) }
        recording[key] = entry
        return nil
    }

    /// Takes over an entry that is about to be made durable before a write.
    public mutating func willWrite(_ entry: ControlEntry) {
        adopt(entry)
        controls[entry.key]?.isRestored = false
        noteWritten(entry)
        if entry.key.facet == .powerState {
            if case .power? = entry.intent { markPowerCycled(entry.key.resource) }
        } else if isGoingDown(entry.key) {
            markPowerCycled(entry.key)
        }
    }

    /// A convergence has ended.
    public mutating func finish(
        _ key: ControlKey, entry: ControlEntry, outcome: Outcome, revision: Int, now: Timestamp
    ) -> [Action] {
        guard controls[key] != nil else { return [] }
        let before = controls[key]?.entry
        adopt(entry)
        // Where the inventory was read again meanwhile, it may be somewhere else than it was found.
        let entry = controls[key]?.entry ?? entry
        controls[key]?.isRunning = false
        if isGoingDown(key) { markPowerCycled(key) }
        // What is watched while nothing can be written need not fill a journal that may be away as well.
        if !isLeaseAway || controls[key]?.entry != before { changeLog.touch(key) }
        if let holder = holderOfPlace(of: entry) { return share(key, with: holder, now: now) }
        claimPlace(of: entry)
        guard controls[key]?.goalRevision == revision else {
            return queue(key, priority: workPriority(of: key)).map { [$0] } ?? []
        }
        return settle(key, outcome, now: now)
    }

    mutating func settle(_ key: ControlKey, _ outcome: Outcome, now: Timestamp) -> [Action] {
        let before = controls[key]?.outcome
        let isNews = outcome.isNews(after: before)
        if isNews { controls[key]?.settledAt = now }
        controls[key]?.outcome = outcome
        if isNews || !isLeaseAway { changeLog.touch(key) }
        if isNews { log(outcome, of: key) }
        let isBack = before?.isNodeOff == true && outcome.value != nil || isNews && outcome.value == .power(.on)
        var actions = isBack ? lookAgain(beside: key) : []
        if outcome.isUnsupported, controls[key]?.entry.isOwed == false {
            actions += fallBack(from: key, now: now)
            if controls[key] == nil { return actions }
            // For whom nothing else is done, that was the end of it.
            if demands(on: key).isEmpty { return actions + settleReleased(key, .applied(.nothingChanged), now: now) }
        }
        guard demands(on: key).isEmpty else {
            controls[key]?.isRestored = false
            readAgain(key, at: now + policy.watchEvery)
            return actions + settleHeld(key, outcome, isNews: isNews, now: now)
        }
        return actions + settleReleased(key, outcome, now: now)
    }

    /// A machine is up, or comes up. What was said of its limits, that they are gone with its power, is not so any more; they
    /// are read once it is on.
    mutating func noteUp(_ key: ControlKey) {
        for other in machineKeys(of: key)
        where controls[other]?.outcome?.isNodeOff == true && !demands(on: other).isEmpty {
            unsettle(other)
        }
    }

    /// The controls of the node that one belongs to, and of what is in it.
    private func machineKeys(of key: ControlKey) -> [ControlKey] {
        guard let resource = site.resources[key.resource],
            let node = resource.type == .gpu ? resource.parent : resource.id
        else { return [] }
        let names = [node] + site.children(of: node).map(\.id)
        return names.flatMap { name in
            ControlKey.Facet.allCases.map { shared(ControlKey(resource: name, facet: $0)) }
        }
    }

    /// What was gone with a machine's power is there again, and with it what is beside it.
    private mutating func lookAgain(beside key: ControlKey) -> [Action] {
        machineKeys(of: key).compactMap { other in
            guard other != key, let control = controls[other], !demands(on: other).isEmpty,
                control.outcome == nil || control.outcome?.isNodeOff == true
            else { return nil }
            return pursueAnew(other)
        }
    }

    /// A write goes out.
    mutating func noteWrite(_ key: ControlKey, now: Timestamp) { controls[key]?.writtenAt = now }

    private mutating func log(_ outcome: Outcome, of key: ControlKey) {
        defer { controls[key]?.writtenAt = nil }
        let isReverted = outcome.code == .applied && demands(on: key).isEmpty
        changeLog.log(
            HistoryEntry(
                .outcome, isReverted ? "reverted" : outcome.code.rawValue, breach: holdIndex[key].keys.min(),
                control: key,
                value: outcome.value?.description, prior: controls[key]?.entry.prior?.value.description,
                message: outcome.message, writtenAt: controls[key]?.writtenAt))
    }

    private mutating func settleHeld(
        _ key: ControlKey, _ outcome: Outcome, isNews: Bool, now: Timestamp
    ) -> [Action] {
        let holding = holdIndex[key].keys.sorted()
        var actions: [Action] = []
        for id in holding {
            if breaches[id]?.released.contains(key) == true {
                let others = holding.filter { breaches[$0]?.released.contains(key) == false }
                // What had ended before another breach came to hold it has ended so.
                let known = breaches[id]?.releaseOutcomes[key]
                if known == nil || known?.code == .failed || known?.isStillHeld == true {
                    recordRelease(key, of: id, outcome.stillHeld(by: others))
                }
                actions += closeOrReport(id, now: now)
                continue
            }
            // A breach that lets go waits for the ends of its releases, and a read of what is held is none.
            guard breaches[id]?.isOpen == true else { continue }
            let wasUnsettled = unsettled[id]?.remove(key) != nil
            waves[id]?.settle(key)
            if key.facet == .powerState, outcome.code != .applied, !outcome.isFrozen {
                actions += uncover(key, of: id, now: now)
            }
            actions += handOut(id, now: now)
            if wasUnsettled {
                if unsettled[id, default: []].isEmpty { actions += keepBudgets(of: id, now: now) }
                actions += reportIfSettled(id, now: now)
            } else if isNews {
                due.tellNews(id, now: now)
            }
        }
        return actions
    }

    mutating func settleReleased(_ key: ControlKey, _ outcome: Outcome, now: Timestamp) -> [Action] {
        let holding = holdIndex[key].keys.sorted()
        for id in holding { recordRelease(key, of: id, outcome) }
        if outcome.code == .failed {
            // As long as it takes.
            let failures = controls[key]?.failedReverts ?? 0
            controls[key]?.failedReverts += 1
            let delay = Backoff.revert.delay(after: failures, fraction: Jitter.fraction(of: key, turn: failures))
            readAgain(key, at: now + delay)
        } else if !keepInMind(key, now: now) {
            remove(key)
        }
        var actions: [Action] = []
        for id in holding { actions += closeOrReport(id, now: now) }
        return actions
    }

    private mutating func recordRelease(_ key: ControlKey, of id: UUIDText, _ outcome: Outcome) {
        guard let breach = breaches[id], breach.released.contains(key) else { return }
        unsettled[id]?.remove(key)
        guard breach.releaseOutcomes[key] != outcome else { return }
        // What was put back is not undone by another breach that has never begun with it.
        if outcome.isUntouched, let known = breach.releaseOutcomes[key], known.code != .failed { return }
        note(outcome, releasing: key, of: id)
    }

    /// The BMC does not offer the control that hints were to act on first, so they act on their second choice.
    private mutating func fallBack(from key: ControlKey, now: Timestamp) -> [Action] {
        // A GPU's limit is not there either while its host comes up: that it never is, only a look of the patrol tells.
        let isGPU = site.resources[key.resource]?.type == .gpu
        if key.facet == .powerLimit && !isGPU || key.facet == .gpuTotal { sightings.miss(key) }
        var actions: [Action] = []
        for (id, indices) in holdIndex[key].sorted(by: { $0.key < $1.key }) {
            guard let breach = breaches[id], breach.isOpen else { continue }
            var new: [(key: ControlKey, priority: Int)] = []
            for index in indices {
                let old = breach.plans[index]
                guard let plans = secondChoice(old, key, of: breach, now: now) else { continue }
                replacePlan(at: index, of: id, with: plans[0])
                for part in plans.dropFirst() { appendPlan(part, to: id) }
                for plan in plans {
                    // Of a rack's other nodes the same is asked as before.
                    let others = plan.controls.filter { plan.demand != old.demand || !old.controls.contains($0) }
                    new += others.map { ($0, WorkPriority.shedding(plan.hint.priority)) }
                }
            }
            // Where a hint has no other choice, it waits for how this ends.
            if holdIndex[key][id] == nil {
                unsettled[id]?.remove(key)
                waves[id]?.settle(key)
            }
            keep(noteBaselines(of: id, for: new.map(\.key), now: now), of: id, now: now)
            for (second, priority) in new {
                if let action = pursueAnew(second, priority: priority) { actions.append(action) }
            }
        }
        if !holdIndex.isHeld(key) { remove(key) }
        return actions
    }

    /// What takes a plan's place where the BMC does not offer the control that it was to act on: its other choice, or
    /// what is inside. nil where there is neither.
    private func secondChoice(
        _ plan: PlannedHint, _ key: ControlKey, of breach: Breach, now: Timestamp
    ) -> [PlannedHint]? {
        if plan.fallback != nil, plan.hasFallenBack != true { return [plan.fallenBack()] }
        guard case .demand(let demand, let keys) = plan.verdict, let resource = site.resources[key.resource] else {
            return nil
        }
        switch demand {
        case .cap, .capToShare: break
        case .capToMinimum, .suspended, .slowToShare, .mode: return nil
        }
        let planner = planner(now: now)
        let inside = planner.spread(
            plan, demand, resource, feed: breach.feed, isRestTaken: key.facet == .gpuTotal)
        // Of several, the others are asked on their own.
        guard keys.count == 1 || inside == nil else {
            return followingShared(planner.nodeByNode(plan, demand, keys, feed: breach.feed))
        }
        return inside.map(followingShared)
    }

    /// A suspend did not come about, so the hints that it should have covered act on their own.
    private mutating func uncover(_ cover: ControlKey, of id: UUIDText, now: Timestamp) -> [Action] {
        guard let breach = breaches[id], breach.isOpen else { return [] }
        let hasBeenDown = controls[cover].map { $0.entry.held != nil || $0.entry.reassertions > 0 } ?? false
        var actions: [Action] = []
        for (index, plan) in breach.plans.enumerated() {
            guard case .covered(by: cover, let demand, let keys) = plan.verdict else { continue }
            var uncovered = plan
            uncovered.verdict = .demand(demand, of: keys)
            if plan.isSuperseded || !hasBeenDown {
                replacePlan(at: index, of: id, with: uncovered)
            } else {
                // What the suspend has done for it until now is told of at the end, should nothing else come to be.
                var covered = plan
                covered.isSuperseded = true
                replacePlan(at: index, of: id, with: covered)
                appendPlan(uncovered, to: id)
            }
            for key in keys {
                if let action = pursueAnew(key, priority: WorkPriority.shedding(plan.hint.priority)) {
                    actions.append(action)
                }
            }
        }
        return actions
    }

    /// Too many of a plan's BMCs being out of reach, the fault is more likely ours or the network's.
    private func unreachableRefusal(_ key: ControlKey) -> SkipReason? {
        for id in holdIndex[key].keys {
            guard let breach = breaches[id], breach.isOpen else { continue }
            var bmcs: [BMC.Address: Bool] = [:]
            for control in breach.controls.compactMap({ controls[$0] }) {
                let isLost = control.outcome?.isUnreachable ?? false
                bmcs[control.entry.bmc.address] = isLost || bmcs[control.entry.bmc.address] ?? false
            }
            let lost = bmcs.values.count { $0 }
            if lost * 10_000 > bmcs.count * policy.maxUnreachable.basisPoints {
                return .maxUnreachable(lost: lost, bmcs: bmcs.count)
            }
        }
        return nil
    }
}
