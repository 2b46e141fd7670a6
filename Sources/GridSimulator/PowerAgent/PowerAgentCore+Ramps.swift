import PowerEvents

/// From one target to the next.
extension PowerAgentCore {
    /// Begins a ramp where the schedule has come to another target.
    mutating func followSchedule(_ tag: String, at now: Timestamp) {
        guard var feed = feeds[tag] else { return }
        feed.schedule.forget(before: now)
        let active = feed.schedule.active(at: now)
        let old = feed.applied
        feed.applied = active
        feeds[tag] = feed
        guard old?.watts != active?.watts || (old == nil) != (active == nil) else {
            if let active, feed.breach != nil { feeds[tag]?.breach?.target = active }
            return
        }
        let limits = (old?.watts ?? .infinity, active?.watts ?? .infinity)
        // A target that ran out by itself is the reason where nobody changed the schedule.
        let cause =
            active.map { FeedControl.Cause(correlationID: $0.correlationID, trace: $0.trace) } ?? feed.cause
            ?? old.map { FeedControl.Cause(correlationID: $0.correlationID, trace: $0.trace) }
        if let active { feeds[tag]?.breach?.target = active } else { endBreach(tag, at: now) }
        feeds[tag]?.above = 0
        begin(limits.1 < limits.0 ? .down : .up, tag, at: now, cause)
    }

    private mutating func begin(
        _ direction: FeedControl.Ramp.Direction, _ tag: String, at now: Timestamp, _ cause: FeedControl.Cause?
    ) {
        feeds[tag]?.ramp = .init(direction, since: now)
        if feeds[tag]?.eventStart == nil { feeds[tag]?.eventStart = now }
        snapshot(direction == .down ? .startRampDown : .startRampUp, of: [tag], at: now, cause: cause)
    }

    /// One step of a ramp, with a reading that is current.
    mutating func ramp(_ tag: String, _ watts: Double, at now: Timestamp) {
        guard var feed = feeds[tag], var ramp = feed.ramp else { return }
        let goal = feed.applied.map { $0.watts * (1 - policy.rampMargin) }
        let range = max(Self.power(feed.profile.maximum) - Self.power(feed.profile.minimum), watts / 10, 1)
        var share = feed.admitted
        if let goal {
            // Towards where the load is going, not where it is: what lags behind would carry it past its goal.
            let room = (goal - forecast(feed, watts)) / range
            share += min(max(room * 0.6, -policy.rampStep), policy.rampStep)
        } else {
            share += policy.rampStep
        }
        share = (min(max(share, 0), 1) * 10_000).rounded() / 10_000
        if share != feed.admitted {
            feed.admitted = share
            outputs.append(.admit(feed: tag, share: share))
        }
        let isThere: Bool
        switch (ramp.direction, goal) {
        case (.down, let goal?): isThere = watts <= goal + (feed.applied?.watts ?? goal) * policy.rampMargin * 0.6
        case (.up, let goal?): isThere = share >= 1 || watts >= goal * 0.95
        case (_, nil): isThere = share >= 1
        }
        ramp.settled = isThere ? ramp.settled + 1 : 0
        let isOver = ramp.settled >= max(2, policy.confirm) || now - ramp.since >= policy.rampLimit
        feed.ramp = isOver ? nil : ramp
        if isOver, ramp.direction == .up, feed.applied == nil { feed.eventStart = nil }
        feeds[tag] = feed
        guard isOver else { return }
        if ramp.direction == .down, let applied = feed.applied, watts > applied.watts {
            note("\(tag): the ramp down has not brought the load under its target in \(policy.rampLimit)")
        }
        let cause =
            feed.applied.map { FeedControl.Cause(correlationID: $0.correlationID, trace: $0.trace) } ?? feed.cause
        snapshot(ramp.direction == .down ? .endRampDown : .endRampUp, of: [tag], at: now, cause: cause)
    }

    /// Where the load comes to with what was done by now.
    private func forecast(_ feed: FeedControl, _ watts: Double) -> Double {
        if let demand = reading?.demand[feed.profile.tag] { return demand }
        // Twice the usual time constant of a machine.
        return max(0, watts + feed.slope * 4)
    }

    static func power(_ quantity: PowerQuantity) -> Double { Double(quantity.watts.microwatts) / 1_000_000 }
}
