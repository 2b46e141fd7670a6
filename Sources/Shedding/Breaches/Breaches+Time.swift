public import PowerEvents

/// What becomes due by the clock, and how work goes on after a restart.
extension Breaches {
    /// Whether anything can become due: a breach that is not over, or a control to read.
    public var isIdle: Bool { controls.isEmpty && breaches.values.allSatisfy(\.isClosed) }

    /// Does what is due. To be called a few times a second while not ``isIdle``.
    public mutating func tick(now: Timestamp) -> [Action] {
        var actions: [Action] = []
        for id in breaches.keys.sorted() {
            guard let breach = breaches[id], !breach.isClosed, !parked.breaches.contains(id) else { continue }
            switch breach.phase {
            case .open: actions += tickOpen(breach, now: now)
            case .holdingDown(let until): if now >= until, !isHeldBack { actions += startReleasing(id, now: now) }
            case .releasing(let nextStep):
                if now >= nextStep, isLettingGo(breach) { actions += stepRelease(id, now: now) }
            case .closed: break
            }
            if due.isReportDue(id, now) {
                actions += keepBudgets(of: id, now: now)
                actions += report(id, now: now)
            }
            if due.takeNews(id, now) { actions += reportIfSettled(id, now: now) }
        }
        actions += checkBudgets(now: now)
        return actions + takeDueReads(now: now)
    }

    /// Whether a breach that is being released still holds something that a step would let go.
    private func isLettingGo(_ breach: Breach) -> Bool { breach.released.count < holdIndex.controlCount(of: breach.id) }

    /// When ``tick(now:)`` has next to do with a breach: each line is one of its own.
    func nextDue(of breach: Breach) -> Timestamp? {
        guard !breach.isClosed, !parked.breaches.contains(breach.id) else { return nil }
        var times = [due.next(of: breach.id)]
        switch breach.phase {
        case .open:
            if !isHeldBack { times.append(waves[breach.id]?.nextDue(grace: grace(of: breach))) }
            times.append(breach.reportedAt.map { $0 + policy.republishEvery })
            if !breach.isOverdue { times.append(breach.openedAt + policy.maxHold) }
        case .holdingDown(let until): if !isHeldBack { times.append(until) }
        case .releasing(let nextStep): if !isHeldBack, isLettingGo(breach) { times.append(nextStep) }
        case .closed: break
        }
        return times.compactMap { $0 }.min()
    }

    private mutating func tickOpen(_ breach: Breach, now: Timestamp) -> [Action] {
        var actions = handOut(breach.id, now: now)
        sumUp(breach.id, now: now)
        if let last = breach.reportedAt, now - last >= policy.republishEvery {
            actions += report(breach.id, now: now)
        }
        if !breach.isOverdue, now - breach.openedAt >= policy.maxHold {
            breaches[breach.id]?.isOverdue = true
            changeLog.touch(breach.id)
            actions.append(
                .alarm("breach \(breach.id) on \(breach.feed) is open for longer than max_hold and stays held"))
        }
        return actions
    }

    /// Takes up everything that a journal left unfinished: each held control is read before anything is written.
    public mutating func resume(now: Timestamp) -> [Action] {
        var actions: [Action] = []
        for id in breaches.keys.sorted() {
            guard let breach = breaches[id], !breach.isClosed else { continue }
            switch breach.phase {
            case .open:
                for key in breach.controls { ensureControl(key) }
                let held = breach.controls.filter { controls[$0] != nil && !demands(on: $0).isEmpty }
                unsettled[id] = Set(held)
                waves[id] = Waves(held.map { ($0, priority(of: $0)) })
                due.report(id, at: now + policy.reportAfter)
                actions += handOut(id, now: now)
                actions += reportIfSettled(id, now: now)
            case .holdingDown(let until):
                // What a clock that has been set back since would make of the wait.
                breaches[id]?.phase = .holdingDown(until: min(until, now + breach.holdDown))
            case .releasing(let nextStep):
                let latest = now + policy.every * 2
                breaches[id]?.phase = .releasing(nextStep: min(nextStep, latest))
                unsettled[id] = Set(breach.controls.filter { breach.releaseOutcomes[$0] == nil })
                due.report(id, at: now + policy.reportAfter)
                for key in breach.released where controls[key] == nil && breach.releaseOutcomes[key] == nil {
                    note(.applied(.nothingChanged), releasing: key, of: id)
                }
                actions += closeOrReport(id, now: now)
            case .closed: break
            }
        }
        for (key, control) in controls where key.facet == .powerState {
            if case .power? = control.entry.intent { markPowerCycled(key.resource) }
        }
        for key in controls.keys.sorted() {
            // Held ones of an open breach wait for their wave; those in a hold-down are watched.
            if demands(on: key).isEmpty {
                if let action = queue(key, priority: workPriority(of: key)) { actions.append(action) }
            } else if due.nextRead(key) == nil {
                readAgain(key, at: now + policy.watchEvery)
            }
        }
        return actions
    }

    /// Drops breaches that are long over; the journal drops them likewise.
    public mutating func forget(closedBefore time: Timestamp) {
        breaches = breaches.filter { if case .closed(let at) = $0.value.phase { at >= time } else { true } }
    }

    /// Breaches that are not resolved, and not ``parked``.
    public var openBreaches: [UUIDText] {
        breaches.values.filter { $0.isOpen && !parked.breaches.contains($0.id) }.map(\.id).sorted()
    }

    /// Reads everything anew, by the pace of each breach, as after a restart.
    private mutating func takeUpAgain(now: Timestamp) -> [Action] {
        var actions: [Action] = []
        for id in openBreaches {
            guard let breach = breaches[id] else { continue }
            let held = breach.controls.filter { controls[$0] != nil && !demands(on: $0).isEmpty }
            waves[id] = Waves(held.map { ($0, priority(of: $0)) })
            actions += handOut(id, now: now)
        }
        for key in controls.keys.sorted() where pursuedDemands(on: key)?.isEmpty == true || demands(on: key).isEmpty {
            if let action = queue(key, priority: workPriority(of: key)) { actions.append(action) }
        }
        return actions
    }

    /// Writes nothing from now on, as a freeze does, but not by an operator's command and not beyond a restart.
    public mutating func pause() { isPaused = true }

    /// Lets writes go out again, and reads everything anew.
    public mutating func unpause(now: Timestamp) -> [Action] {
        guard isPaused else { return [] }
        isPaused = false
        var actions = takeUpAgain(now: now)
        for (id, breach) in breaches.sorted(by: { $0.key < $1.key }) where !breach.isClosed {
            if breach.isOpen { due.report(id, at: now + policy.reportAfter) }
            actions += closeOrReport(id, now: now)
        }
        return actions
    }
}
