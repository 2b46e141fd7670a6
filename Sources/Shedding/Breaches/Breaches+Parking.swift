public import PowerEvents

/// A journal that comes back after long: nothing of it is taken up before an operator has said so.
extension Breaches {
    /// What waits for ``resumeParked(now:)`` or ``release(_:now:)``.
    public var parking: Parking { parked }

    /// Leaves alone all that the journal holds. To be called instead of ``resume(now:)``, before anything else.
    ///
    /// Alerts are taken in meanwhile, and enforced on the controls that nothing parked bears on.
    public mutating func park() {
        parked.breaches = Set(breaches.values.filter { !$0.isClosed }.map(\.id))
        parked.controls = Set(controls.keys)
        for id in parked.breaches { parked.controls.formUnion(breaches[id]?.controls ?? []) }
    }

    /// Takes up on an operator's word what was parked.
    public mutating func resumeParked(now: Timestamp) -> [Action] {
        changeLog.log(HistoryEntry(.command, "resume"))
        parked = Parking()
        return resume(now: now)
    }

    /// Ends a parked breach, wherever it stood, and puts back what it holds and no other parked one does.
    mutating func releaseParked(_ id: UUIDText, now: Timestamp) -> [Action] {
        guard let breach = breaches[id], parked.breaches.remove(id) != nil else { return [] }
        for key in breach.controls {
            let isHeldByOther = holdIndex[key].keys.contains { parked.breaches.contains($0) }
            if !isHeldByOther { parked.controls.remove(key) }
        }
        // What was let go of before is either still owed, and in the journal, or done with.
        for key in breach.controls where !breach.released.contains(key) { ensureControl(key) }
        switch breach.phase {
        case .open: return resolve(id, now: now)
        case .holdingDown: return startReleasing(id, now: now)
        case .releasing:
            var actions: [Action] = []
            for key in breach.released where controls[key] != nil {
                if let action = queue(key, priority: priority(of: key)) { actions.append(action) }
            }
            return actions + startReleasing(id, now: now)
        case .closed: return []
        }
    }
}
