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
        if let time {
            readAgain(key, at: min(time, former.lastAnswer(of: key)))
        } else {
            awaitingLease.insert(key)
        }
        return []
    }

    // MARK: Takeover

    /// Another agent led before, and what it has sent may still arrive. To be called before anything is taken up.
    mutating func takeOver(_ bounds: FormerBounds, now: Timestamp) {
        let inDoubt = controls.values.map(\.entry).filter { entry in
            entry.intent != nil && (entry.hasUnseenWrites || isBeingLetGo(entry.key))
        }
        // One that is down by what was read, and held on, has no reset coming; one that is let go may have.
        let resets = inDoubt.filter { $0.key.facet == .powerState }
        former = FormerControls(
            Dictionary(uniqueKeysWithValues: inDoubt.map { ($0.key, bounds.request(to: $0)) }),
            resets: Set(resets.map(\.key)), until: now + bounds.write)
    }

    /// Whether a write back may have begun that is not known to have ended.
    private func isBeingLetGo(_ key: ControlKey) -> Bool {
        let isOver = holdIndex[key].keys.contains { id in
            guard let breach = breaches[id], breach.released.contains(key) else { return false }
            return breach.releaseOutcomes[key].map { $0.code == .failed } ?? true
        }
        return isOver || demands(on: key).isEmpty
    }

    /// What was put back, and said to be, is kept in mind where a write may still arrive that changes it: it is looked at once
    /// more when all has arrived, and put right without a word.
    ///
    /// - Returns: whether it is
    mutating func keepInMind(_ key: ControlKey, now: Timestamp) -> Bool {
        // Of what was seen to hold, nothing is on its way but its own way back. Machines have a patience of their own.
        guard former.mayChange(key, now: now), let entry = controls[key]?.entry, entry.intent != nil,
            entry.hasUnseenWrites, key.facet != .powerState
        else { return false }
        controls[key]?.isRestored = true
        readAgain(key, at: former.until)
        return true
    }
}
