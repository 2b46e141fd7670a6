import PowerEvents
import Site

/// `max_suspended` over a site of several shards: nothing is suspended before the site counts it.
extension Core {
    /// What other shards hold down was read, the first time before ``Input/started``.
    mutating func learn(_ elsewhere: SuspensionsElsewhere?, counted: Int?, now: Timestamp) {
        let isFirst = book.shared == nil
        var shared = book.shared ?? SharedSuspensions()
        shared.elsewhere = elsewhere
        book.shared = shared
        // What this agent has said may have been taken away.
        let isLost = elsewhere != nil && counted != shared.granted && suspensions.claim == nil
        if isFirst || isLost { tellSite(now: now) }
    }

    /// What this agent has is told anew, since more than what is down may have changed.
    mutating func tellSite(now: Timestamp) {
        suspensions.mustTell = true
        suspensions.lookAt = now
    }

    /// Whether an alert waits: until the site counts what it would suspend, or behind one that does.
    mutating func mustWait(_ received: ReceivedAlert, isFollowed: Bool, _ step: inout Step) -> Bool {
        guard let granted = book.shared?.granted else { return false }
        let waiting = SuspensionDesk.Waiting(alert: received, isFollowed: isFollowed)
        if !suspensions.waiting.isEmpty {
            suspensions.waiting.append(waiting)
            return true
        }
        guard let wanted = suspensions(wantedBy: received, &step), wanted > granted else { return false }
        suspensions.waiting.append(waiting)
        // Where a claim is on its way, the alert makes its own once that is answered.
        if suspensions.claim == nil {
            claim(.ofAlert, keep: max(granted, book.suspendedNodes.count), wanted: wanted, &step)
        }
        return true
    }

    /// How many nodes would be down with all that an alert asks for; nil where it asks for none, or is not going to be
    /// enforced.
    private mutating func suspensions(wantedBy received: ReceivedAlert, _ step: inout Step) -> Int? {
        guard mode == .enforce, let alert = received.alert, alert.status != .resolved,
            alert.shedHints.contains(where: { $0.action == .suspend }),
            book.objection(to: alert, source: received.source, now: received.receivedAt) == nil
        else { return nil }
        finishUnfinished(&step)
        return book.suspendedNodes(with: alert).count
    }

    private mutating func claim(_ kind: SuspensionDesk.Claim, keep: Int, wanted: Int, _ step: inout Step) {
        suspensions.claim = kind
        let claim = SuspensionClaim(
            keep: keep, wanted: max(keep, wanted), nodes: book.site.nodeCount, share: book.policy.maxSuspended)
        step.progress.effects.append(.claim(claim))
    }

    /// A claim is answered, and the alerts go on that waited for it.
    ///
    /// - Parameter grant: nil where the site could not be asked: nothing more is suspended then
    mutating func take(_ grant: SuspensionGrant?, isStopping: Bool, _ step: inout Step) {
        let isOfAlert = suspensions.claim == .ofAlert
        suspensions.claim = nil
        if let grant { book.shared?.granted = grant.granted } else { suspensions.mustTell = true }
        book.shared?.elsewhere = grant?.elsewhere
        // What was claimed need not come about, and what could not be told is told later.
        lookLater(now: step.now.steady)
        let waiting = suspensions.waiting
        suspensions.waiting = []
        // They are in the inbox.
        if isStopping { return }
        for (index, one) in waiting.enumerated() {
            act(on: one.alert, isFollowed: one.isFollowed, hasClaimed: isOfAlert && index == 0, &step)
        }
    }

    /// Something may be back, or never go down.
    mutating func noteSuspensions(_ changes: Changes, now: Timestamp) {
        guard book.shared != nil else { return }
        if changes.removedControls.contains(where: { $0.facet == .powerState }) || !changes.letGo.isEmpty
            || !changes.breaches.isEmpty || !changes.plans.isEmpty
        {
            lookLater(now: now)
        }
    }

    private mutating func lookLater(now: Timestamp) {
        suspensions.lookAt = suspensions.lookAt ?? now + SuspensionDesk.pause
    }

    /// Tells the site what is down where it counts something else. To be called before a step changes anything: nothing is
    /// given back that is not durable.
    mutating func lookAtSuspensions(_ step: inout Step) {
        guard let granted = book.shared?.granted, suspensions.claim == nil, undecidedBatches == 0,
            let time = suspensions.lookAt, step.now.steady >= time
        else { return }
        finishUnfinished(&step)
        let held = book.suspendedNodes.count
        suspensions.lookAt = nil
        guard held != granted || suspensions.mustTell else { return }
        suspensions.mustTell = false
        // From here on no more are, until the answer says so.
        book.shared?.granted = min(granted, held)
        claim(.ofBook, keep: held, wanted: held, &step)
    }
}
