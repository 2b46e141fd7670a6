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
        if demands.isEmpty, control.entry.intent == nil {
            return (nil, settle(key, .applied(.nothingChanged), now: now))
        }
        if demands.isEmpty, let queued, !WorkPriority.isRelease(queued) {
            // It was to be shed when it came into the queue; what still is goes first.
            return (nil, queue(key, priority: workPriority(of: key)).map { [$0] } ?? [])
        }
        let pursued = pursuedDemands(on: key)
        if !demands.isEmpty, pursued?.isEmpty == true, control.entry.intent == nil {
            return (nil, letGoUntouched(key, now: now))
        }
        if demands.contains(.suspended), control.entry.intent == nil, let reason = unreachableRefusal(key) {
            return (nil, settle(key, .skipped(reason), now: now))
        }
        // What is to be put back waits; what is to hold is read, so that what is said of it stays true.
        if demands.isEmpty, isFrozen(key) { return (nil, []) }
        controls[key]?.isRunning = true
        var terms = Convergence.Terms(
            floor: floor(of: control.entry), policy: policy, deadline: now + policy.deadline,
            failedReverts: control.failedReverts, pursued: pursued)
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
        return ([entry.key] + (entry.sharedBy ?? [])).compactMap { site.resources[$0.resource]?.floor }.max()
    }

    /// Whether the inventory has come to protect what is held.
    private func isProtectedSince(_ entry: ControlEntry) -> Bool {
        ([entry.key] + (entry.sharedBy ?? [])).contains { site.resources[$0.resource]?.isProtected == true }
            && !demands(on: entry.key).isEmpty
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
        if controls[key]?.outcome?.code == .applied, !demands(on: key).isEmpty {
            controls[key]?.outcome = nil
            for id in holdIndex[key].keys where breaches[id]?.isOpen == true {
                unsettled[id, default: []].insert(key)
            }
        }
        return nil
    }

    /// Takes over an entry that is about to be made durable before a write.
    public mutating func willWrite(_ entry: ControlEntry) {
        adopt(entry)
        if entry.key.facet == .powerState, case .power? = entry.intent { markPowerCycled(entry.key.resource) }
    }

    private mutating func adopt(_ entry: ControlEntry) {
        guard let known = controls[entry.key]?.entry else { return }
        var entry = entry
        entry.isPowerCycled = entry.isPowerCycled ?? known.isPowerCycled
        if known.bmc != entry.bmc {
            // The inventory was read again while it was under way.
            entry.bmc = known.bmc
            entry.locator = known.locator
            entry.isMoved = known.isMoved
        }
        controls[entry.key]?.entry = entry
    }

    /// The node's power is about to be switched, and with it go the limits that live in what it powers.
    mutating func markPowerCycled(_ node: String) {
        for resource in [node] + site.children(of: node).map(\.id) {
            for facet in [ControlKey.Facet.powerLimit, .speedLimit] {
                let key = shared(ControlKey(resource: resource, facet: facet))
                guard let entry = controls[key]?.entry, entry.prior != nil, entry.isPowerCycled != true else {
                    continue
                }
                controls[key]?.entry.isPowerCycled = true
                changeLog.touch(key)
            }
        }
    }

    /// A convergence has ended.
    public mutating func finish(
        _ key: ControlKey, entry: ControlEntry, outcome: Outcome, revision: Int, now: Timestamp
    ) -> [Action] {
        guard controls[key] != nil else { return [] }
        adopt(entry)
        controls[key]?.isRunning = false
        changeLog.touch(key)
        if let holder = holderOfPlace(of: entry) { return share(key, with: holder, now: now) }
        claimPlace(of: entry)
        guard controls[key]?.goalRevision == revision else {
            return queue(key, priority: workPriority(of: key)).map { [$0] } ?? []
        }
        return settle(key, outcome, now: now)
    }

    mutating func settle(_ key: ControlKey, _ outcome: Outcome, now: Timestamp) -> [Action] {
        let isNews = outcome.isNews(after: controls[key]?.outcome)
        if isNews { controls[key]?.settledAt = now }
        controls[key]?.outcome = outcome
        changeLog.touch(key)
        if isNews { log(outcome, of: key) }
        if outcome.isUnsupported, controls[key]?.entry.intent == nil, let actions = fallBack(from: key, now: now) {
            return actions
        }
        guard demands(on: key).isEmpty else {
            readAgain(key, at: now + policy.watchEvery)
            return settleHeld(key, outcome, isNews: isNews, now: now)
        }
        return settleReleased(key, outcome, now: now)
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
                recordRelease(key, of: id, outcome.stillHeld(by: others))
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
        } else {
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
        note(outcome, releasing: key, of: id)
    }

    /// The BMC does not offer the control that hints were to act on first, so they act on their second choice.
    ///
    /// - Returns: nil where no hint has one
    private mutating func fallBack(from key: ControlKey, now: Timestamp) -> [Action]? {
        if key.facet == .powerLimit || key.facet == .gpuTotal { sightings.miss(key) }
        var actions: [Action] = []
        var hasOne = false
        for (id, indices) in holdIndex[key] {
            guard let breach = breaches[id], breach.isOpen else { continue }
            let seconds = indices.compactMap { index in
                secondChoice(breach.plans[index], key, of: breach, now: now).map { (index: index, plans: $0) }
            }
            guard !seconds.isEmpty else { continue }
            hasOne = true
            for second in seconds {
                replacePlan(at: second.index, of: id, with: second.plans[0])
                for part in second.plans.dropFirst() { appendPlan(part, to: id) }
            }
            unsettled[id]?.remove(key)
            waves[id]?.settle(key)
            for plan in seconds.flatMap(\.plans) {
                for second in plan.controls {
                    ensureControl(second)
                    controls[second]?.goalRevision += 1
                    controls[second]?.outcome = nil
                    for holder in holdIndex[second].keys where breaches[holder]?.isOpen == true {
                        unsettled[holder, default: []].insert(second)
                    }
                    let priority = WorkPriority.shedding(plan.hint.priority)
                    if let action = queue(second, priority: priority) { actions.append(action) }
                }
            }
        }
        guard hasOne else { return nil }
        if !holdIndex.isHeld(key) { remove(key) }
        return actions
    }

    /// What takes a plan's place where the BMC does not offer the control that it was to act on: its other choice, or
    /// what is inside. nil where there is neither.
    private func secondChoice(
        _ plan: PlannedHint, _ key: ControlKey, of breach: Breach, now: Timestamp
    ) -> [PlannedHint]? {
        if plan.fallback != nil, plan.hasFallenBack != true { return [plan.fallenBack()] }
        guard case .demand(let demand, let keys) = plan.verdict, keys.count == 1,
            let resource = site.resources[key.resource]
        else { return nil }
        switch demand {
        case .cap, .capToShare:
            return planner(now: now).spread(
                plan, demand, resource, feed: breach.feed, isRestTaken: key.facet == .gpuTotal
            ).map(followingShared)
        case .capToMinimum, .suspended, .slowToShare, .mode: return nil
        }
    }

    /// A suspend did not come about, so the hints that it should have covered act on their own.
    private mutating func uncover(_ cover: ControlKey, of id: UUIDText, now: Timestamp) -> [Action] {
        guard let breach = breaches[id], breach.isOpen else { return [] }
        var actions: [Action] = []
        for (index, plan) in breach.plans.enumerated() {
            guard case .covered(by: cover, let demand, let keys) = plan.verdict else { continue }
            var uncovered = plan
            uncovered.verdict = .demand(demand, of: keys)
            replacePlan(at: index, of: id, with: uncovered)
            for key in keys {
                ensureControl(key)
                controls[key]?.goalRevision += 1
                controls[key]?.outcome = nil
                unsettled[id, default: []].insert(key)
                if let action = queue(key, priority: WorkPriority.shedding(plan.hint.priority)) {
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
