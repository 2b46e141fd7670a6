import PowerEvents

/// Breaches: begun, told again, over.
extension PowerAgentCore {
    mutating func take(_ reading: MeterReading, at now: Timestamp) {
        // A meter whose clock runs ahead would never become stale.
        guard now - reading.at <= policy.staleAfter, now - reading.at >= .seconds(-60) else { return }
        self.reading = reading
        for tag in order {
            guard let watts = reading.feeds[tag] else { continue }
            if let last = feeds[tag]?.measured, let at = feeds[tag]?.measuredAt, reading.at > at {
                feeds[tag]?.slope = (watts - last) / (reading.at - at).seconds
            }
            feeds[tag]?.measured = watts
            feeds[tag]?.measuredAt = min(reading.at, now)
            followSchedule(tag, at: now)
            ramp(tag, watts, at: now)
            judge(tag, watts, reading, at: now)
        }
    }

    private mutating func judge(_ tag: String, _ watts: Double, _ reading: MeterReading, at now: Timestamp) {
        guard let feed = feeds[tag], let target = feed.applied else { return }
        if feed.breach != nil {
            feeds[tag]?.breach?.measured = watts
            goOn(tag, watts, reading, at: now)
            return
        }
        // While a ramp down has its time, and where the ISV asked for best effort, being above is not being in breach.
        guard feed.ramp?.direction != .down, !target.bestEffort, watts > target.watts * (1 + policy.threshold) else {
            feeds[tag]?.above = 0
            return
        }
        feeds[tag]?.above += 1
        guard let above = feeds[tag]?.above, above >= policy.confirm else { return }
        feeds[tag]?.above = 0
        let id = freshID()
        feeds[tag]?.breach = OpenBreach(
            id: id, detectedAt: now, target: target, severity: policy.severity(watts, over: target.watts),
            measured: watts)
        ask(tag, watts, reading, at: now)
        alert(tag, at: now)
    }

    /// An open breach, with a reading that is current.
    private mutating func goOn(_ tag: String, _ watts: Double, _ reading: MeterReading, at now: Timestamp) {
        guard let breach = feeds[tag]?.breach else { return }
        let limit = breach.target.watts
        guard watts <= limit else {
            feeds[tag]?.breach?.calmSince = nil
            let severity = policy.severity(watts, over: limit)
            let escalates = breach.severity == .warning && severity == .critical && breach.status == .active
            if watts > limit { feeds[tag]?.breach?.severity = severity }
            if escalates { feeds[tag]?.breach?.status = .escalated }
            guard escalates || (policy.repeats && now - breach.askedAt >= policy.settle) else { return }
            ask(tag, watts, reading, at: now)
            alert(tag, at: now)
            return
        }
        guard isOver(tag, watts, breach, reading) else {
            feeds[tag]?.breach?.calmSince = nil
            return
        }
        let since = breach.calmSince ?? now
        feeds[tag]?.breach?.calmSince = since
        if policy.resolve == .measured || now - since >= policy.resolveAfter { endBreach(tag, at: now) }
    }

    /// Whether the feed stays under its target without us. That it is there with our caps says nothing: it is what they do.
    private func isOver(_ tag: String, _ watts: Double, _ breach: OpenBreach, _ reading: MeterReading) -> Bool {
        if policy.resolve == .measured { return true }
        let line = breach.target.watts * (1 - policy.resolveMargin)
        let demand = DemandEstimate.watts(
            of: tag, reading, hints: breach.hints, before: breach.before, topology: topology)
        return watts <= line && demand.map { $0 <= line } ?? false
    }

    /// Asks for what the excess needs, beside what was asked for already.
    private mutating func ask(_ tag: String, _ watts: Double, _ reading: MeterReading, at now: Timestamp) {
        guard var breach = feeds[tag]?.breach else { return }
        breach.askedAt = now
        if policy.hints == .feed {
            breach.hints = [ShedHint(resourceID: tag, resourceType: .node, action: .throttle, priority: 1)]
        } else {
            let isFirst = breach.hints.isEmpty
            let choice = HintChoice(
                feed: tag, goal: breach.target.watts * (1 - policy.shedMargin),
                expected: isFirst ? max(watts, reading.demand[tag] ?? 0) : watts, reading: reading, topology: topology,
                asked: Dictionary(breach.hints.map { ($0.resourceID, $0) }, uniquingKeysWith: { first, _ in first }),
                failed: breach.failed)
            breach.hints = choice.hints
            if choice.uncovered > breach.target.watts * policy.shedMargin {
                note("\(tag): nobody is left to ask for \(Watts(measured: choice.uncovered)) of the excess")
            }
        }
        for hint in breach.hints where breach.before[hint.resourceID] == nil {
            breach.before[hint.resourceID] = reading.watts(of: hint.resourceID)
        }
        feeds[tag]?.breach = breach
    }

    /// Tells an open breach again: what was lost on the way is made up for.
    mutating func repeatBreach(_ tag: String, at now: Timestamp) {
        guard policy.repeats, let breach = feeds[tag]?.breach, now - breach.publishedAt >= policy.repeatEvery else {
            return
        }
        alert(tag, at: now)
    }

    mutating func endBreach(_ tag: String, at now: Timestamp) {
        guard feeds[tag]?.breach != nil else { return }
        feeds[tag]?.breach?.status = .resolved
        alert(tag, at: now)
        feeds[tag]?.breach = nil
    }

    private mutating func alert(_ tag: String, at now: Timestamp) {
        guard let breach = feeds[tag]?.breach else { return }
        feeds[tag]?.breach?.publishedAt = now
        let isOver = breach.status == .resolved
        let unit = breach.target.constraint.unit
        let alert = BreachAlert(
            feedTag: tag, status: breach.status, severity: breach.severity, breachID: breach.id,
            detectedAt: policy.stampsAnew ? now : breach.detectedAt, resolvedAt: isOver ? now : nil,
            targetCorrelationID: breach.target.correlationID, loadConstraint: breach.target.constraint,
            measuredLoad: PowerQuantity(watts: Watts(measured: breach.measured), unit: unit),
            shedHints: isOver ? [] : breach.hints,
            // Advisory, and the least of them: what is to be done beside the hints is for people to say.
            infrastructureActions: isOver || breach.severity == .warning ? [] : [.shutdownNodes])
        publish(.breachAlert, alert.json, .init(correlationID: breach.target.correlationID, trace: breach.target.trace))
    }

    // MARK: Answers

    /// What cannot be shed is asked for elsewhere.
    mutating func take(_ enforcement: Enforcement, at now: Timestamp) {
        let tag = enforcement.feedTag
        guard enforcement.action == .applied, let breach = feeds[tag]?.breach, breach.id == enforcement.breachID else {
            return
        }
        let asked = Set(breach.hints.map(\.resourceID))
        let failed = Set(
            enforcement.results.filter { $0.code != .applied && asked.contains($0.resourceID) }.map(\.resourceID))
        let restored = Set(enforcement.results.filter { $0.code == .applied }.map(\.resourceID))
        feeds[tag]?.breach?.failed.subtract(restored)
        let new = failed.subtracting(breach.failed)
        feeds[tag]?.breach?.failed.formUnion(failed)
        guard !new.isEmpty, policy.hints == .topology, let reading, now - reading.at <= policy.staleAfter,
            let watts = reading.feeds[tag], watts > breach.target.watts
        else { return }
        note("\(tag): \(new.count) of those asked cannot give; others are asked")
        ask(tag, watts, reading, at: now)
        alert(tag, at: now)
    }
}
