/// What runs have found out of controls, and what this book has come to know of these meanwhile.
extension Breaches {
    /// Takes over what a run has found out.
    mutating func adopt(_ entry: ControlEntry) {
        recording[entry.key] = nil
        let entry = merged(entry)
        controls[entry.key]?.entry = entry
    }

    /// The record of an intent has failed: nothing is written by it.
    mutating func didNotRecord(_ key: ControlKey) { recording[key] = nil }

    /// A run's entry with what has come to be known of its control since the run began.
    func merged(_ entry: ControlEntry) -> ControlEntry {
        guard let known = controls[entry.key]?.entry else { return entry }
        var entry = entry
        entry.isPowerCycled = entry.isPowerCycled ?? known.isPowerCycled
        if known.bmc != entry.bmc {
            // The inventory was read again while it was under way.
            entry.bmc = known.bmc
            entry.locator = known.locator
            entry.isMoved = known.isMoved
        }
        return entry
    }

    /// Controls as they are to be durable: with the intent of a write that is about to be recorded. What else changes of
    /// a control meanwhile comes after that record, and without the intent it would take it back.
    func recorded(_ changes: Changes) -> Changes {
        if recording.isEmpty { return changes }
        var changes = changes
        for index in changes.controls.indices {
            guard let entry = recording[changes.controls[index].entry.key] else { continue }
            changes.controls[index].entry = merged(entry)
        }
        return changes
    }
}
