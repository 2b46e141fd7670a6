import PowerEvents
import Shedding
import Site

/// The broker between the power agents and the agents of the history.
extension World {
    func alert(
        _ breach: Int, _ status: BreachAlert.Status, isCritical: Bool, _ hints: [ShedHint]
    ) -> ReceivedAlert {
        let detected = detectedAt[breach] ?? wall
        detectedAt[breach] = detected
        let alert = BreachAlert(
            feedTag: History.feed(of: breach), status: status, severity: isCritical ? .critical : .warning,
            breachID: History.id(breach), detectedAt: detected, targetCorrelationID: History.id(99),
            loadConstraint: PowerQuantity(watts: Watts(1000), unit: .watt),
            measuredLoad: PowerQuantity(watts: Watts(1300), unit: .watt), shedHints: hints)
        let source = History.source(of: breach)
        return ReceivedAlert(
            sequence: 0, source: source, time: wall, receivedAt: wall, eventID: newID(),
            mark: PayloadMark(source: source, digest: Self.digest(alert)), alert: alert)
    }

    /// The same for the same payload, as SHA-256 is.
    private static func digest(_ alert: BreachAlert) -> String {
        let hints = alert.shedHints.prefix(64).map {
            "\($0.resourceID) \($0.action.rawValue) \($0.priority) \($0.targetPower?.watts.wholeWatts ?? -1)"
        }
        let head = "\(alert.breachID.text) \(alert.status.rawValue) \(alert.severity.rawValue)"
        return "\(head) \(alert.shedHints.count) \(hints.joined(separator: ","))"
    }

    func newID() -> UUIDText {
        nextMessage += 1
        return UUIDText(
            randomBytes: withUnsafeBytes(of: nextMessage.bigEndian) { [0, 0, 0, 0, 0, 0, 0, 0] + Array($0) })
    }

    func deliver(_ alert: ReceivedAlert, _ delivery: HistoryStep.Delivery) {
        for copy in 0..<delivery.copies {
            var message = alert
            message.time = message.time + .seconds(delivery.skew)
            if delivery.isForged, copy > 0 {
                message.eventID = newID()
                message.time = message.time + .seconds(7200)
            }
            time.after(.milliseconds(delivery.delay + copy * 30)) { [self] in
                if let cluster { return cluster.deliver(message) }
                kept.append(message)
                hand()
            }
        }
    }

    func connect() {
        isBrokerUp = true
        if let cluster { return cluster.connect() }
        guard let agent else { return }
        agent.brokerIsReady()
        hand()
        // As every second.
        publish(by: agent)
    }

    /// Gives the agent what is kept for it. What it does not acknowledge stays.
    func hand() {
        guard isBrokerUp, let agent else { return }
        while var alert = kept.first {
            alert.receivedAt = wall
            guard agent.receive(alert) else {
                time.after(.seconds(1)) { [self] in hand() }
                return
            }
            kept.removeFirst()
        }
    }

    /// - Returns: nil where the payload was seen before
    func receive(_ alert: ReceivedAlert) -> ReceivedAlert? {
        let received = disk.receive(alert, now: wall)
        if let received { mirror?.receive(received, now: wall) }
        return received
    }

    func publish(by agent: VirtualAgent) {
        guard isBrokerUp, agent.isAlive, !isDiskBad else {
            time.after(.seconds(1)) { [self] in if let agent = self.agent { publish(by: agent) } }
            return
        }
        var acknowledged: Set<UInt64> = []
        for event in disk.unpublished.prefix(100) {
            publish(event)
            // An agent that dies before the journal knows publishes them again.
            guard mayGoOn() else { return }
            acknowledged.insert(event.id)
        }
        if !acknowledged.isEmpty { disk.markPublished(acknowledged, now: wall) }
    }

    func publish(_ event: VirtualDisk.Event) {
        if let known = events[event.id], known != event.enforcement { fail("one id with two contents") }
        events[event.id] = event.enforcement
        note(event.enforcement)
    }

    private func note(_ report: Enforcement) {
        reports[report.breachID] = (report, time.now)
        guard report.action == .applied else { return }
        let told = report.results.filter { $0.code == .applied }
        toldApplied[report.breachID] = Set(told.map { "\($0.requestedAction.rawValue) \($0.resourceID)" })
    }

    // MARK: What the agent makes of it

    /// It accepts an alert.
    func heard(_ received: ReceivedAlert, _ alert: BreachAlert) {
        let id = alert.breachID
        let source = model.source(of: id)
        if mode == .observe, alert.status != .resolved || source == nil || model.isOver(id) { return }
        if let source, source != received.source { fail("an alert of breach \(id.text.prefix(2)) by another source") }
        if alert.status != .resolved {
            if model.isOver(id) { fail("breach \(id.text.prefix(2)) was opened again") }
            if source == nil, model.openCount(of: received.source) >= policy.maxOpenBreaches {
                fail("more breaches of one source than it may have")
            }
            if alert.shedHints.count > policy.maxHints { fail("an alert with more hints than it may have") }
            hintsHeard[received.source, default: 0] += alert.shedHints.count
        }
        note("\(alert.status) of \(id.text.prefix(2)) accepted")
        let acceptance = model.heard(received, alert, site: site, policy: policy, at: time.now)
        if alert.status == .resolved { expectNoMore(of: id) } else { expect(acceptance) }
    }

    func heard(_ command: Command) {
        switch command {
        case .freeze(let freeze):
            frozen.heard(freeze, at: site)
            view.waiting = [:]
        case .thaw(let scope): frozen.heard(thaw: scope?.selection.names.first, at: site)
        case .release(let breach, let isHurried):
            model.heardRelease(breach, isHurried: isHurried, at: time.now)
            expectNoMore(of: breach)
            parked = []
        case .resume: parked = []
        case .drill(let order): heard(order)
        }
    }

    /// What it refuses must be to be refused, and what it reports must have been seen.
    func decided(_ records: Records) {
        noteStandingGoes(records.changes)
        for refusal in records.refused { check(refusal.reason, to: refusal.alert) }
        for reading in records.changes.readings where reading.isBaseline {
            let node = HistorySite.node(of: reading.resource)
            // Of writes that were all refused nothing was ever in force.
            if written[reading.breach]?.contains(node) == true, bmcs[node]?.wasEverWritten == true {
                fail("\(reading.watts) of \(reading.resource) were taken for what it drew before, after a write")
            }
        }
        if mode == .observe, !records.reports.isEmpty { fail("a report in mode: observe") }
        for report in records.reports {
            let said = report.enforcement
            note(
                "report of \(said.breachID.text.prefix(2)) \(said.action) \(said.code): "
                    + said.results.prefix(6).map { "\($0.resourceID) \($0.code) \($0.message ?? "")" }.joined(
                        separator: "; "))
            check(said)
        }
    }

    private func check(_ objection: RefusalReason, to received: ReceivedAlert) {
        guard let alert = received.alert else { return }
        let isRight =
            switch objection {
            case .foreignBreach: model.source(of: alert.breachID).map { $0 != received.source } ?? false
            case .breachResolved: model.isOver(alert.breachID)
            case .tooManyBreaches: model.openCount(of: received.source) >= policy.maxOpenBreaches
            case .tooManyHints:
                alert.shedHints.count > policy.maxHints
                    || hintsHeard[received.source, default: 0] + alert.shedHints.count > 4 * policy.maxHints
            case .staleBreach: received.receivedAt - alert.detectedAt > policy.maxHold
            case .futureBreach: alert.detectedAt - received.receivedAt > ClockSkew.tolerated
            default: false
            }
        if !isRight {
            fail("\(alert.status.rawValue) of breach \(alert.breachID.text.prefix(2)) was refused: \(objection)")
        }
    }
}
