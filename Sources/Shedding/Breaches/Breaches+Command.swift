public import PowerEvents

/// The release of a breach on an operator's word.
extension Breaches {
    /// Whether there is anything to release; in a hurry also of what lets go already.
    func canRelease(_ id: UUIDText, isHurried: Bool) -> Bool {
        guard let breach = breaches[id] else { return false }
        if breach.isOpen || parked.breaches.contains(id) { return true }
        return isHurried && !breach.isClosed && !breach.isHurried
    }

    /// Ends a breach as its `resolved` would.
    ///
    /// - Parameter isHurried: without the hold-down, the steps and the rate; what was shed last still goes back first
    public mutating func release(_ id: UUIDText, isHurried: Bool = false, now: Timestamp) -> [Action] {
        let how = isHurried ? "now: without hold-down, steps and max_rate" : nil
        changeLog.log(HistoryEntry(.command, "release", breach: id, message: how))
        if isHurried {
            breaches[id]?.isHurried = true
            changeLog.touch(id)
        }
        var actions = parked.breaches.contains(id) ? releaseParked(id, now: now) : resolve(id, now: now)
        guard isHurried, let breach = breaches[id] else { return actions }
        switch breach.phase {
        case .holdingDown: actions += startReleasing(id, now: now)
        case .releasing: actions += stepRelease(id, now: now)
        case .open, .closed: break
        }
        return actions
    }
}
