public import PowerEvents

/// What waits for the lease, and what the agent that led before may still have on its way.
extension Breaches {
    /// Whether nothing new is begun: nothing could be written anyway.
    var isHeldBack: Bool { isPaused || isLeaseAway }

    /// When a control is next to be read.
    var nextRead: Timestamp? { isPaused || isIdle ? nil : due.nextRead }

    /// The lease is there again: goes on where it was left. What waited for the clock waits no shorter for it: each wave's
    /// grace begins anew, and of a release the next step follows.
    mutating func resumeWrites(now: Timestamp) -> [Action] {
        for id in waves.keys { waves[id]?.restart(at: now) }
        var actions: [Action] = []
        for id in openBreaches {
            actions += handOut(id, now: now)
            if unsettled[id, default: []].isEmpty { actions += keepBudgets(of: id, now: now) }
        }
        return actions + takeUpPostponed(now: now)
    }

    /// Begins anew with what could not be written. What is paused beside is taken up when that ends.
    mutating func takeUpPostponed(now: Timestamp) -> [Action] {
        if awaitingLease.isEmpty { return [] }
        let keys = awaitingLease.sorted()
        awaitingLease = []
        return keys.compactMap { queue($0, priority: workPriority(of: $0)) }
    }

    /// Reads what is due, and does nothing else.
    mutating func takeDueReads(now: Timestamp) -> [Action] {
        if isPaused { return [] }
        return due.takeDueReads(now).compactMap { queue($0, priority: watchPriority(of: $0)) }
    }

    /// A run could not go on to its write, or to its end, and is begun anew later.
    ///
    /// - Parameters:
    ///   - entry: as it is without that write
    ///   - time: when; nil for when there is a lease
    public mutating func postpone(
        _ key: ControlKey, entry: ControlEntry, until time: Timestamp?, revision: Int, now: Timestamp
    ) -> [Action] {
        guard controls[key] != nil else { return [] }
        adopt(entry)
        controls[key]?.isRunning = false
        changeLog.touch(key)
        guard controls[key]?.goalRevision == revision else {
            return queue(key, priority: workPriority(of: key)).map { [$0] } ?? []
        }
        // It was seen not to be as it should be.
        if controls[key]?.outcome != nil, !demands(on: key).isEmpty { unsettle(key) }
        if let time { readAgain(key, at: time) } else { awaitingLease.insert(key) }
        return []
    }

    // MARK: Takeover

    /// Another agent led before, and what it has sent may still arrive. To be called before anything is taken up.
    ///
    /// - Parameter longestWrite: from when its lease ended
    mutating func takeOver(longestWrite: Duration, now: Timestamp) {
        let written = controls.values.map(\.entry).filter { $0.intent != nil }
        let resets = written.filter { entry in
            guard entry.key.facet == .powerState else { return false }
            // One that is down by what was read, and held on, has no reset coming; one that is let go may have.
            return entry.isUnconfirmed == true || demands(on: entry.key).isEmpty
        }
        former = FormerControls(
            Set(written.map(\.key)), resets: Set(resets.map(\.key)), until: now + longestWrite)
    }
}
