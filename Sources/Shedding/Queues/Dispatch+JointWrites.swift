import PowerEvents

/// Limits that are members of one resource.
extension Dispatch {
    /// One request for all that are to write through the same resource; nil where that is no more than one. What does not
    /// is left as it is.
    func jointWrite(
        _ turn: Turn, in slot: Slot, _ book: inout Breaches, _ now: Timestamp
    ) -> (WriteOrder, [RunID])? {
        guard !book.isLeaseAway, turn.members.count > 1, let first = turn.members.first.flatMap({ runs[$0] }) else {
            return nil
        }
        var changes: [WriteOrder.Change] = []
        var members: [RunID] = []
        var timeLeft = first.convergence.timeLeft(now)
        for run in turn.members.compactMap({ runs[$0] }) where run.group == first.group {
            guard case .write(let write) = run.step, book.permit(run.key, revision: run.revision) == nil else {
                continue
            }
            changes.append(WriteOrder.Change(write: write, entry: run.convergence.entry))
            members.append(run.id)
            timeLeft = min(timeLeft, run.convergence.timeLeft(now))
        }
        guard changes.count > 1 else { return nil }
        let order = WriteOrder(
            id: members[0], changes: changes, slot: slot, priority: turn.priority, timeLeft: timeLeft)
        return (order, members)
    }
}
