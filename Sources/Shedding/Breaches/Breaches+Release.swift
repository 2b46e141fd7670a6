import PowerEvents

/// Letting go: after `resolved`, hold-down, then steps in reverse order.
extension Breaches {
    mutating func resolve(_ id: UUIDText, now: Timestamp) -> [Action] {
        guard let breach = breaches[id], breach.isOpen else { return [] }
        breaches[id]?.phase = .holdingDown(until: now + breach.holdDown)
        due.dropSum(of: id)
        waves[id] = nil
        unsettled[id] = nil
        due.dropReport(id)
        changeLog.touch(id)
        // What has not been started is not started any more, and what runs writes nothing more for it.
        var actions: [Action] = []
        for key in breach.controls {
            guard let control = controls[key] else { continue }
            if control.isRunning {
                controls[key]?.goalRevision += 1
            } else if !control.entry.isOwed, pursuedDemands(on: key)?.isEmpty == true {
                actions += letGo(key, of: id, Self.untouched(control), now: now)
            }
        }
        let rest = breach.controls.contains { breaches[id]?.released.contains($0) == false }
        return rest || isPaused ? actions : actions + startReleasing(id, now: now)
    }

    /// A `resolved` for a breach that was never seen: known from now on as over, and answered.
    mutating func closeUnopened(_ id: UUIDText, now: Timestamp) -> [Action] {
        breaches[id]?.phase = .closed(at: now)
        return report(id, now: now)
    }

    mutating func startReleasing(_ id: UUIDText, now: Timestamp) -> [Action] {
        guard let breach = breaches[id] else { return [] }
        breaches[id]?.phase = .releasing(nextStep: now)
        unsettled[id] = Set(breach.controls.filter { breach.releaseOutcomes[$0] == nil })
        due.report(id, at: now + policy.reportAfter)
        changeLog.touch(id)
        return stepRelease(id, now: now)
    }

    /// Lets go of the next few controls, those first that were shed last.
    mutating func stepRelease(_ id: UUIDText, now: Timestamp) -> [Action] {
        guard let breach = breaches[id] else { return [] }
        let held = breach.controls.filter { !breach.released.contains($0) }
        guard !held.isEmpty else { return closeOrReport(id, now: now) }
        if isHeldBack { return [] }
        let free = held.filter { !isFrozen($0) }
        guard !free.isEmpty else {
            // A thaw comes back to it at once.
            breaches[id]?.phase = .releasing(nextStep: now + Self.frozenPause)
            changeLog.touch(id)
            return closeOrReport(id, now: now)
        }
        let priorities = Dictionary(
            breach.plans.flatMap { plan in plan.controls.map { ($0, plan.hint.priority) } }, uniquingKeysWith: min)
        let order = free.enumerated().sorted { left, right in
            let (one, other) = (priorities[left.element, default: 0], priorities[right.element, default: 0])
            return one == other ? left.offset > right.offset : one > other
        }
        // A drill's are few, and somebody waits for them.
        let isAtOnce = breach.isHurried || breach.isDrill
        let count = isAtOnce ? order.count : max(1, policy.step.of(breach.controls.count))
        var actions: [Action] = []
        var letGo = 0
        for (_, key) in order.prefix(count) {
            guard breach.isHurried || payRamp(of: breach, for: key, now: now) else { break }
            letGo += 1
            breaches[id]?.released.insert(key)
            controls[key]?.goalRevision += 1
            if controls[key] == nil {
                note(.applied(.nothingChanged), releasing: key, of: id)
            } else if let action = queue(key, priority: workPriority(of: key)) {
                actions.append(action)
            }
        }
        let jitter = policy.every * (Jitter.fraction(of: order[0].element) - 0.5) / 5
        var next = now + policy.every + jitter
        if letGo < min(count, order.count), let rate = policy.maxRate, let opens = ramps[breach.feed]?.opens(rate) {
            // The rate allows less than a step at once; a part of a step takes as much of its time.
            let part = policy.every * (Double(letGo) / Double(count))
            next = max(opens, now + max(part, Self.shortestStep))
        }
        breaches[id]?.phase = .releasing(nextStep: next)
        changeLog.touch(id)
        return actions + closeOrReport(id, now: now)
    }

    /// Until it is looked at again whether everything that is left is still frozen.
    private static let frozenPause = Duration.seconds(3600)

    /// A ramp in watts goes by single machines; more often than this nobody could tell.
    private static let shortestStep = Duration.milliseconds(100)

    /// Whether a control may be let go of by the rate at which its feed's power may come back.
    private mutating func payRamp(of breach: Breach, for key: ControlKey, now: Timestamp) -> Bool {
        guard let rate = policy.maxRate else { return true }
        let step = rate.watts(in: policy.every)
        var ramp = ramps[breach.feed] ?? Ramp(at: now)
        ramp.pass(now, rate, most: step)
        defer { ramps[breach.feed] = ramp }
        guard ramp.isOpen else { return false }
        ramp.pay(comingBack(key, of: breach) ?? step)
        return true
    }

    /// The watts that may come back with a control, by what it was read back to hold; nil where that cannot be told.
    private func comingBack(_ key: ControlKey, of breach: Breach) -> Watts? {
        guard let control = controls[key], control.entry.intent != nil else { return .zero }
        // Another breach holds it on.
        let others = holdIndex[key].keys.contains { $0 != breach.id && breaches[$0]?.released.contains(key) == false }
        if others { return .zero }
        let drawn = key.facet == .gpuTotal ? nil : breach.baselines[key.resource]
        switch control.entry.held ?? control.entry.intent {
        case .limit(let held?):
            let before = control.entry.prior?.value.limit ?? sightings[key]?.range.maximum ?? drawn
            return before.map { max($0 - held, .zero) }
        case .power: return drawn ?? sightings[ControlKey(resource: key.resource, facet: .powerLimit)]?.range.maximum
        case .limit, .speed, .mode, nil: return drawn
        }
    }

    /// Nothing was begun for it, and nothing will be: no open breach asks for it any more.
    mutating func letGoUntouched(_ key: ControlKey, now: Timestamp) -> [Action] {
        guard let control = controls[key] else { return [] }
        var actions: [Action] = []
        // A breach that is open and asks for nothing of it may have a suspend do it, and needs it should that not come about.
        for id in holdIndex[key].keys.sorted()
        where breaches[id]?.released.contains(key) == false && breaches[id]?.isOpen == false {
            actions += letGo(key, of: id, Self.untouched(control), now: now)
            if case .holdingDown = breaches[id]?.phase,
                breaches[id]?.controls.allSatisfy({ breaches[id]?.released.contains($0) == true }) == true
            {
                actions += startReleasing(id, now: now)
            }
        }
        return actions
    }

    /// What was as demanded without a write was held, and is told of; what was never begun is not.
    private static func untouched(_ control: HeldControl) -> Outcome {
        if control.entry.reassertions > 0 { return .skipped(.takenOver) }
        if control.outcome?.code == .applied || control.entry.prior != nil { return .applied(.nothingChanged) }
        return .applied(.neverBegun)
    }

    private mutating func letGo(
        _ key: ControlKey, of id: UUIDText, _ outcome: Outcome, now: Timestamp
    ) -> [Action] {
        breaches[id]?.released.insert(key)
        note(outcome, releasing: key, of: id)
        if let control = controls[key], let told = control.outcome, told.code == .applied {
            // Whoever reads that it was held reads of its end, also where nothing had to be written for either.
            changeLog.log(
                HistoryEntry(
                    .outcome, outcome.code == .applied ? "reverted" : outcome.code.rawValue, breach: id, control: key,
                    value: told.value?.description, prior: control.entry.prior?.value.description,
                    message: outcome.message))
        }
        controls[key]?.goalRevision += 1
        // Other breaches may be waiting for the end of their own release of it.
        return demands(on: key).isEmpty ? settleReleased(key, outcome, now: now) : []
    }

    /// Ends a breach of which everything is let go and back, or reports how far that has come.
    mutating func closeOrReport(_ id: UUIDText, now: Timestamp) -> [Action] {
        // What is not said in `mode: observe` is said once that has ended, so until then nothing is over.
        guard !isPaused, let breach = breaches[id], case .releasing = breach.phase else { return [] }
        // Empty once every control was let go and has come to an end, be it a failed one that is tried again.
        guard unsettled[id, default: []].isEmpty else { return [] }
        let isDone = breach.controls.allSatisfy { key in
            guard let outcome = breach.releaseOutcomes[key] else { return false }
            return outcome.code != .failed || controls[key] == nil || !demands(on: key).isEmpty
        }
        guard isDone else { return reportIfSettled(id, now: now) }
        // What failed to be put back and has come to be held by another breach is that one's, and is said to be.
        for key in breach.controls {
            guard let outcome = breach.releaseOutcomes[key], outcome.code == .failed else { continue }
            let others = holdIndex[key].keys.filter { $0 != id && breaches[$0]?.released.contains(key) == false }
            let held = outcome.stillHeld(by: others.sorted())
            if !others.isEmpty, held != outcome { note(held, releasing: key, of: id) }
        }
        holdIndex.remove(breach)
        breaches[id]?.phase = .closed(at: now)
        due.forget(id)
        writtenBMCs[id] = nil
        unsettled[id] = nil
        waves[id] = nil
        return report(id, now: now)
    }
}
