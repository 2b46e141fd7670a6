public import PowerEvents

/// What is said of a breach, from what its controls were last seen to hold.
extension Breaches {
    /// A report where nothing is left in progress and there is something new to say.
    mutating func reportIfSettled(_ id: UUIDText, now: Timestamp, evenIfNothingNew: Bool = false) -> [Action] {
        guard let breach = breaches[id], unsettled[id, default: []].isEmpty else { return [] }
        if case .holdingDown = breach.phase { return [] }
        guard evenIfNothingNew || makeReport(breach, now: now).fingerprint != breach.reported else { return [] }
        return report(id, now: now)
    }

    /// A report now, whatever is still in progress.
    mutating func report(_ id: UUIDText, now: Timestamp) -> [Action] {
        guard let breach = breaches[id] else { return [] }
        if isPaused {
            due.report(id, at: now)
            return []
        }
        var report = makeReport(breach, now: now)
        breaches[id]?.reported = report.fingerprint
        if !breach.baselines.isEmpty, breach.isOpen {
            // Not of what makes a report news: it changes with every reading.
            let power = power(of: id, now: now).description
            report.enforcement.diagnosticMessage = [report.enforcement.diagnosticMessage, power].compactMap { $0 }
                .joined(separator: "; ")
        }
        breaches[id]?.reportedAt = now
        due.dropReport(id)
        changeLog.touch(id)
        let said = report.enforcement
        changeLog.log(
            // Of a drill nothing is published.
            HistoryEntry(
                breach.isDrill ? .command : .report,
                breach.isDrill ? "drill_\(said.action.rawValue)" : "\(said.action.rawValue) \(said.code.rawValue)",
                breach: id, message: said.diagnosticMessage))
        return [.report(report)]
    }

    private func makeReport(_ breach: Breach, now: Timestamp) -> Report {
        let isRelease =
            switch breach.phase {
            case .open, .holdingDown: false
            case .releasing, .closed: true
            }
        let told = told(breach, isRelease: isRelease)
        let results = told.compactMap(\.result)
        let inProgress = told.count - results.count
        let applied = results.count { $0.code == .applied }
        let code: Enforcement.Code =
            if inProgress == 0, applied == results.count { .success } else if applied > 0 || inProgress > 0 {
                .partial
            } else { .error }
        return Report(
            enforcement: Enforcement(
                breachID: breach.id, feedTag: breach.feed, action: isRelease ? .reverted : .applied, code: code,
                diagnosticMessage: diagnosis(results, inProgress: inProgress, isRelease: isRelease), results: results,
                timestamp: now),
            origin: breach.origin)
    }

    /// Each hint that there is something to say of, with how it ended; nil where it has not.
    private func told(_ breach: Breach, isRelease: Bool) -> [(hint: ShedHint, result: EnforcementResult?)] {
        let parts = breach.parts
        let earlier = isRelease ? breach.superseded : [:]
        /// What was held in the terms of an earlier alert, and never begun in those of the latest.
        func earlierEnd(of plan: PlannedHint) -> (ShedHint, EnforcementResult?)? {
            let held = earlier[HintName(plan.hint)]?.last { !isUntouched($0, in: breach) }
            return held.map { (plan.hint, releaseResult($0, breach)) }
        }
        return breach.plans.compactMap { plan in
            guard !plan.isSuperseded, plan.member == nil else { return nil }
            guard case .spread(let spread) = plan.verdict else {
                if isRelease, isUntouched(plan, in: breach) { return earlierEnd(of: plan) }
                return (plan.hint, isRelease ? releaseResult(plan, breach) : result(plan, breach))
            }
            let parts = parts[HintName(plan.hint)] ?? []
            if isRelease, parts.allSatisfy({ isUntouched($0.plan, in: breach) }) { return earlierEnd(of: plan) }
            return (plan.hint, spreadResult(plan, spread, parts, breach, isRelease: isRelease))
        }
    }

    /// How far the hints of a breach have come.
    public func progress(of id: UUIDText) -> BreachProgress {
        guard let breach = breaches[id], !breach.isClosed else { return BreachProgress() }
        let isRelease = if case .releasing = breach.phase { true } else { false }
        var progress = BreachProgress()
        for (hint, result) in told(breach, isRelease: isRelease) { progress.count(result?.code, of: hint.priority) }
        return progress
    }

    private func diagnosis(_ results: [EnforcementResult], inProgress: Int, isRelease: Bool) -> String? {
        if results.isEmpty, inProgress == 0 { return isRelease ? "nothing was held" : "no hints: nothing to do" }
        let counts = EnforcementResult.Code.allCases.map { code in (code, results.count { $0.code == code }) }
        var parts = counts.filter { $0.1 > 0 }.map {
            "\($0.1) \(isRelease && $0.0 == .applied ? "reverted" : $0.0.rawValue)"
        }
        if inProgress > 0 { parts.append("\(inProgress) still in progress") }
        return parts.joined(separator: ", ")
    }

    /// One result for all parts of a hint; nil where one of them has not ended yet.
    private func spreadResult(
        _ plan: PlannedHint, _ spread: Spread, _ parts: [Breach.Part], _ breach: Breach, isRelease: Bool
    ) -> EnforcementResult? {
        var spread = spread
        var told: [SpreadResult.Part] = []
        for part in parts.map(\.plan) where !part.isSuperseded {
            if case .spread(let inner) = part.verdict {
                spread.take(inner)
                continue
            }
            guard let outcome = isRelease ? releaseOutcome(of: part, breach) : outcome(of: part, breach) else {
                return nil
            }
            told.append(
                SpreadResult.Part(
                    member: part.resource, control: part.controls.first, outcome: outcome, most: most(of: part, outcome)
                ))
        }
        let canGive = !isRelease && spread.target != nil && BudgetHold(plan, parts, in: self).canGive
        return SpreadResult(hint: plan.hint, spread: spread, parts: told, canGive: canGive).result(isRelease: isRelease)
    }

    /// What a member may draw at most, by what its control was last seen to hold.
    private func most(of part: PlannedHint, _ outcome: Outcome) -> Watts? {
        guard let key = part.controls.first else { return .zero }
        if case .skipped(.nodeOff) = outcome.ending { return .zero }
        if case .power(let state)? = outcome.value, state == .off { return .zero }
        let sight = sightings[key]
        if let limit = outcome.value?.limit {
            return [limit, sight?.range.maximum].compactMap { $0 }.min()
        }
        // What it was seen to hold earlier may be gone since.
        return outcome.code == .applied ? nil : sight?.range.maximum
    }

    private func outcome(of part: PlannedHint, _ breach: Breach) -> Outcome? {
        switch part.verdict {
        case .skipped(let reason): return .skipped(reason)
        case .covered(let cover, _, _):
            return controls[cover].map(\.outcome) ?? .skipped(.coverNotInInventory(cover.resource))
        case .demand, .spread:
            guard let key = part.controls.first else { return .applied() }
            guard let control = controls[key] else { return .skipped(.notInInventory) }
            return unsettled[breach.id]?.contains(key) == true ? nil : control.outcome
        }
    }

    private func releaseOutcome(of part: PlannedHint, _ breach: Breach) -> Outcome? {
        switch part.verdict {
        case .skipped(let reason): return .skipped(reason)
        case .demand, .covered, .spread:
            guard let key = part.controls.first else { return .applied() }
            return breach.releaseOutcomes[key] ?? waiting(key)
        }
    }

    /// What is to be said of a control that is still to be put back; nil where that is under way.
    private func waiting(_ key: ControlKey) -> Outcome? { isFrozen(key) ? .failed(.frozen) : nil }

    private func result(_ plan: PlannedHint, _ breach: Breach) -> EnforcementResult? {
        switch plan.verdict {
        case .skipped(let reason): return plan.result(.skipped, reason.description)
        case .spread: return nil
        case .covered(let cover, _, _):
            guard let suspend = controls[cover] else {
                return plan.result(.skipped, SkipReason.coverNotInInventory(cover.resource).description)
            }
            guard let outcome = suspend.outcome else { return nil }
            return plan.result(
                outcome.code, "through the suspend of \(cover.resource)" + (outcome.message.map { ": \($0)" } ?? ""))
        case .demand(_, let keys):
            let outcomes = keys.compactMap { key -> Outcome? in
                // Not begun before a restart, and gone from the inventory since.
                guard let control = controls[key] else { return .skipped(.notInInventory) }
                return unsettled[breach.id]?.contains(key) == true ? nil : control.outcome
            }
            guard outcomes.count == keys.count else { return nil }
            return plan.result(keys, outcomes)
        }
    }

    /// Whether a hint never bore on anything, so that there is nothing to be told of its end.
    private func isUntouched(_ plan: PlannedHint, in breach: Breach) -> Bool {
        guard plan.controls.allSatisfy({ breach.releaseOutcomes[$0]?.isUntouched == true }) else { return false }
        guard case .covered(let cover, _, _) = plan.verdict else { return true }
        return breach.releaseOutcomes[cover].map { $0.isUntouched == true } ?? !breach.released.contains(cover)
    }

    private func releaseResult(_ plan: PlannedHint, _ breach: Breach) -> EnforcementResult? {
        if case .covered(let cover, _, _) = plan.verdict, let outcome = breach.releaseOutcomes[cover],
            plan.controls.allSatisfy({ breach.releaseOutcomes[$0]?.isUntouched == true })
        {
            return plan.result(outcome.code, "through \(cover.resource)" + (outcome.message.map { ": \($0)" } ?? ""))
        }
        let outcomes = plan.controls.compactMap { breach.releaseOutcomes[$0] ?? waiting($0) }
        guard outcomes.count == plan.controls.count else { return nil }
        var result = plan.result(plan.controls, outcomes)
        // A cap that no longer holds is no applied power.
        result.appliedPower = nil
        return result
    }
}

extension PlannedHint {
    func result(_ code: EnforcementResult.Code, _ message: String?) -> EnforcementResult {
        EnforcementResult(
            resourceID: hint.resourceID, resourceType: hint.resourceType, requestedAction: hint.action, code: code,
            message: message)
    }

    /// One result for all controls of a hint: applied only if every one is, of those that it may bear on.
    func result(_ keys: [ControlKey], _ outcomes: [Outcome]) -> EnforcementResult {
        if keys.count == 1, exceptions.isEmpty {
            var result = result(outcomes[0].code, outcomes[0].message)
            if outcomes[0].code == .applied, let watts = outcomes[0].value?.limit, watts != hint.targetPower?.watts {
                result.appliedPower = PowerQuantity(watts: watts, unit: hint.targetPower?.unit ?? .watt)
            }
            return result
        }
        let done = outcomes.count { $0.code == .applied }
        let total = keys.count + exceptions.count
        var troubles = exceptions.map(\.description)
        for (key, outcome) in zip(keys, outcomes) where outcome.code != .applied {
            troubles.append("\(key.resource): \(outcome.message ?? outcome.code.rawValue)")
        }
        let message = (["\(done) of \(total) nodes"] + troubles.prefix(10)).joined(separator: "; ")
        if done == keys.count, exceptions.allSatisfy(\.isExemption) { return result(.applied, message) }
        return result(outcomes.allSatisfy { $0.code == .skipped } ? .skipped : .failed, message)
    }
}
