public import PowerEvents
import Site

/// What operators have stopped: nothing is written there, nothing is undone, and what was read is still read again.
extension Breaches {
    /// Whether anything is frozen.
    public var isFrozen: Bool { !freezes.isEmpty }

    /// Whether a control may not be written: it, or what is switched off with it, is frozen.
    public func isFrozen(_ key: ControlKey) -> Bool {
        if freezes.isEmpty { return false }
        let entry = controls[key]?.entry
        let keys = [key] + (entry?.sharedBy ?? [])
        return keys.contains { key in
            let bmc = entry?.bmc.address ?? site.resources[key.resource]?.bmc?.address
            return freezes.contains(key.resource, at: bmc)
                || inside(key).contains { freezes.contains($0.id, at: $0.bmc?.address) }
        }
    }

    /// Stops all writes, or those to a part of the site.
    ///
    /// - Returns: false where there are ``Freezes/most`` already
    @discardableResult
    public mutating func freeze(_ freeze: Freeze = Freeze()) -> Bool {
        guard freezes.add(freeze, at: site) else { return false }
        noteFreezes()
        let until = freeze.until.map { "until \($0)" }
        changeLog.log(HistoryEntry(.command, "freeze", value: freeze.scopeText, message: until))
        return true
    }

    /// Lets writes go out again, and reads anew what they were stopped to.
    ///
    /// - Parameter scope: nil for everything
    /// - Returns: nil where nothing of a part is frozen
    public mutating func thaw(_ scope: FreezeScope? = nil, now: Timestamp) -> [Action]? {
        let before = freezes
        guard freezes.remove(scope, at: site) || scope == nil else { return nil }
        changeLog.log(HistoryEntry(.command, "thaw", value: scope?.description ?? "all"))
        return takeUpThawed(since: before, now: now)
    }

    /// Ends the freezes whose time is over.
    mutating func endFreezes(now: Timestamp) -> (ended: [Freeze], actions: [Action]) {
        let before = freezes
        let ended = freezes.takeEnded(now, at: site)
        if ended.isEmpty { return ([], []) }
        for freeze in ended {
            let by = freeze.user.map { " by \($0)" } ?? ""
            changeLog.log(
                HistoryEntry(
                    .command, "thaw", value: freeze.scopeText, message: "the freeze\(by) has ended by its time"))
        }
        return (ended, takeUpThawed(since: before, now: now))
    }

    private mutating func takeUpThawed(since before: Freezes, now: Timestamp) -> [Action] {
        let after = freezes
        freezes = before
        let frozen = controls.keys.filter { isFrozen($0) }
        freezes = after
        noteFreezes()
        return takeUpAgain(Set(frozen.filter { !isFrozen($0) }), now: now)
    }

    /// To be called at the start, with the clock of this process.
    mutating func restartFreezes(now: Timestamp) {
        freezes = Freezes(freezes.all.map { $0.restarted(at: now) }, at: site)
    }

    private mutating func noteFreezes() { changeLog.touchFreeze() }

    /// Goes on with controls that were kept from being written, by the pace of each breach.
    private mutating func takeUpAgain(_ thawed: Set<ControlKey>, now: Timestamp) -> [Action] {
        if isPaused { return [] }
        var actions: [Action] = []
        let stopped = thawed.filter { controls[$0]?.outcome?.isFrozen == true }
        for key in thawed {
            controls[key]?.failedReverts = 0
            if stopped.contains(key), !demands(on: key).isEmpty { controls[key]?.outcome = nil }
        }
        for id in openBreaches {
            guard let breach = breaches[id] else { continue }
            let held = breach.controls.filter { thawed.contains($0) && !demands(on: $0).isEmpty }
            if held.isEmpty { continue }
            let waiting = held.filter(stopped.contains)
            if !waiting.isEmpty {
                unsettled[id, default: []].formUnion(waiting)
                due.report(id, at: now + policy.reportAfter)
            }
            let wave = held.map { (key: $0, priority: priority(of: $0)) }
            waves[id, default: Waves([])].add(wave)
            actions += handOut(id, now: now)
        }
        let soon = now + policy.every
        for (id, breach) in breaches {
            guard case .releasing(let next) = breach.phase, next > now else { continue }
            // What is left of it may have waited for this.
            breaches[id]?.phase = .releasing(nextStep: min(next, soon))
            changeLog.touch(id)
        }
        for key in thawed.sorted() where pursuedDemands(on: key)?.isEmpty == true || demands(on: key).isEmpty {
            if let action = queue(key, priority: workPriority(of: key)) { actions.append(action) }
        }
        return actions
    }
}
