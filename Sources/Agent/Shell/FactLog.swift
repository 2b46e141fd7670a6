import Logging
import PowerEvents
import Prometheus
import Shedding
import Site

/// What the core tells, in the log and in the metrics.
struct FactLog: Sendable {
    let metrics: AgentMetrics
    let logger: Logger
    let readiness: ReadinessBoard
    let parked: ParkedBreaches
    private let failures = FailureNews()

    init(metrics: AgentMetrics, logger: Logger, readiness: ReadinessBoard, parked: ParkedBreaches) {
        self.metrics = metrics
        self.logger = logger
        self.readiness = readiness
        self.parked = parked
    }

    func tell(_ fact: Fact) {
        switch fact {
        case .resumed(let breaches, let controls):
            logger.notice(
                "resuming from journal", metadata: ["breaches": "\(breaches)", "controls": "\(controls)"])
        case .parked(let finding):
            metrics.awaitingResume.set(true)
            logger.critical("the journal is not resumed: \(finding.reason)")
        case .heldBack(let breaches): parked.value = breaches
        case .confirmed: metrics.awaitingResume.set(false)
        case .accepted(let received, let alert): tellAccepted(received, alert)
        case .planned(let plans): metrics.countSkipped(plans)
        case .foreign(let received):
            metrics.alertsForeign.increment()
            logger.info(
                "left to other agents: none of its hints is of this inventory",
                metadata: ["event": "\(received.eventID)"])
        case .overtaken(let received):
            logger.info("overtaken by a newer alert of its breach", metadata: ["event": "\(received.eventID)"])
        case .unreadable(let received):
            logger.critical(
                "an accepted alert cannot be read any more and is dropped",
                metadata: ["event": "\(received.eventID)"])
        case .observed(let observation):
            logger.notice(
                "would do (observe)",
                metadata: [
                    "breach": "\(observation.breach)", "feed": "\(observation.feed)",
                    "hints": "\(observation.hints)", "total": "\(observation.summary)",
                ])
        case .drillEnded(let drill):
            logger.notice(
                "drill ended; nothing is held for it any more",
                metadata: ["drill": "\(drill.order.id)", "cut_short": "\(drill.cutShort ?? "no")"])
        case .ended(let entry, let outcome, let isReverting, let isNews):
            tellEnded(entry, outcome, isReverting: isReverting, isNews: isNews)
        case .reported(let report): tellReported(report.enforcement)
        case .alarm(let text): logger.critical("\(text)")
        case .commanded(let command): tellCommanded(command)
        case .thawed(let freeze):
            logger.warning("a freeze has ended by its time; writes go on", metadata: Self.metadata(freeze))
        case .healthChanged(let news): tellHealth(news)
        case .modeChanged(let old, let new):
            parked.mode = new
            logger.warning("mode: \(new.rawValue) from now on", metadata: ["was": "\(old.rawValue)"])
        }
    }

    private func tellAccepted(_ received: ReceivedAlert, _ alert: BreachAlert) {
        metrics.alertsAccepted[.init(status: alert.status)].increment()
        let metadata: Logger.Metadata = [
            "breach": "\(alert.breachID)", "feed": "\(alert.feedTag)", "status": "\(alert.status.rawValue)",
            "severity": "\(alert.severity.rawValue)", "hints": "\(alert.shedHints.count)",
            "trace": "\(received.trace?.traceID ?? "none")",
        ]
        logger.notice("accepted an alert", metadata: metadata)
        if alert.infrastructureActions.isEmpty { return }
        for action in alert.distinctActions { metrics.infrastructureActions[.init(action: action)].increment() }
        let names = alert.distinctActions.map(\.rawValue).joined(separator: ", ")
        logger.warning("operator action, not executed: \(names)", metadata: metadata)
    }

    private func tellEnded(_ entry: ControlEntry, _ outcome: Outcome, isReverting: Bool, isNews: Bool) {
        let action: Enforcement.Action = isReverting ? .reverted : .applied
        metrics.count(outcome, of: action)
        // Of thousands that obey, reports and history tell; and what fails as it did before was told.
        if outcome.code == .failed, isNews, !outcome.isFrozen { failures.add(entry, outcome, action: action.rawValue) }
        logger.debug(
            "\(action.rawValue): \(outcome.code.rawValue)",
            metadata: [
                "control": "\(entry.key)", "bmc": "\(entry.bmc.address)",
                "value": "\(outcome.value.map(String.init(describing:)) ?? "unknown")",
                "message": "\(outcome.message ?? "")",
            ])
    }

    /// Hundreds that fail of one cause are one line. To be called now and then.
    func tellFailures(now: Timestamp) {
        for group in failures.take(now: now) {
            logger.warning(
                "\(group.action): failed",
                metadata: [
                    "count": "\(group.resources.count)", "resources": "\(NameList.text(group.resources))",
                    "bmcs": "\(NameList.text(group.bmcs))", "reason": "\(group.message)",
                ])
        }
    }

    private func tellReported(_ enforcement: Enforcement) {
        logger.notice(
            "reporting",
            metadata: [
                "breach": "\(enforcement.breachID)", "action": "\(enforcement.action.rawValue)",
                "code": "\(enforcement.code.rawValue)", "results": "\(enforcement.results.count)",
                "diag": "\(enforcement.diagnosticMessage ?? "")",
            ])
    }

    private func tellCommanded(_ command: Command) {
        switch command {
        case .freeze(let freeze): tellFrozen(freeze)
        case .thaw(let scope):
            logger.notice("thawed by an operator", metadata: ["scope": "\(scope?.description ?? "all")"])
        case .release(let breach, let isHurried):
            logger.warning(
                "breach released by an operator", metadata: ["breach": "\(breach)", "now": "\(isHurried)"])
        case .resume: logger.notice("resumed by an operator")
        case .drill(let order):
            logger.warning(
                "drill begun by an operator",
                metadata: ["drill": "\(order.id)", "cap": "\(order.share)", "of": "\(NameList.text(order.names))"])
        }
    }

    private func tellFrozen(_ freeze: Freeze) {
        if freeze.isWhole {
            logger.warning(
                "FROZEN by an operator: nothing is written to any BMC until thawed", metadata: Self.metadata(freeze))
        } else {
            logger.warning(
                "FROZEN in part by an operator: nothing is written there until thawed",
                metadata: Self.metadata(freeze))
        }
    }

    /// What a start finds frozen.
    func tellFrozen(_ freezes: Freezes) { for freeze in freezes.all { tellFrozen(freeze) } }

    private static func metadata(_ freeze: Freeze) -> Logger.Metadata {
        [
            "scope": "\(freeze.scopeText)", "user": "\(freeze.user ?? "unknown")",
            "until": "\(freeze.until?.description ?? "thawed")", "reason": "\(freeze.reason ?? "")",
        ]
    }

    private func tellHealth(_ news: FleetHealth.News) {
        for group in news.failing {
            logger.warning(
                "BMCs fail: none of their resources is enforceable",
                metadata: [
                    "cause": "\(group.trouble.cause.rawValue)", "count": "\(group.bmcs.count)",
                    "bmcs": "\(NameList.text(group.bmcs.map(\.hostAndPort)))",
                    "reason": "\(group.trouble.message)", "next": "\(group.next)",
                    "failing_in_all": "\(news.stillFailing)",
                ])
        }
        guard !news.healthy.isEmpty else { return }
        logger.notice(
            "BMCs are well again, and their resources enforceable",
            metadata: [
                "count": "\(news.healthy.count)", "bmcs": "\(NameList.text(news.healthy.map(\.hostAndPort)))",
                "failing_in_all": "\(news.stillFailing)",
            ])
    }

    /// In metrics, for all feeds that the inventory does not name.
    static let otherFeed = "other"

    /// What the gauges of power show: worked out of every hint of every breach, so more seldom than others.
    func measurePower(_ core: Core, at now: Timestamp) {
        let book = core.book
        var shed: [String: BreachPower] = [:]
        let named = Set(book.site.feeds)
        for breach in book.breaches.values where !breach.isClosed {
            // What alerts name beside these may be anything, and each would be a series for ever.
            let feed = named.contains(breach.feed) ? breach.feed : Self.otherFeed
            shed[feed, default: BreachPower()] =
                shed[feed, default: BreachPower()] + book.power(of: breach.id, now: now)
        }
        let power = book.feedPower(now: now)
        // What was shown once is shown as nothing where there is nothing any more.
        let feeds = named.union(shed.keys).union(metrics.shedCoverage.known.map(\.feed))
        for feed in feeds.sorted() {
            let sum = shed[feed] ?? BreachPower()
            metrics.shedWatts[.init(kind: .asked, feed: feed)].set(Double(sum.asked.wholeWatts))
            metrics.shedWatts[.init(kind: .confirmed, feed: feed)].set(Double(sum.confirmed.wholeWatts))
            metrics.shedWatts[.init(kind: .measured, feed: feed)].set(Double(sum.measured.wholeWatts))
            metrics.shedCoverage[.init(feed: feed)].set(sum.coverage)
            metrics.powerWatts[.init(feed: feed)].set(Double((power[feed] ?? .zero).wholeWatts))
        }
    }

    /// What the gauges show.
    func measure(_ core: Core, at now: Timestamp) {
        for mode in Mode.allCases { metrics.mode[.init(mode: mode)].set(core.mode == mode ? 1 : 0) }
        metrics.frozen.set(core.book.isFrozen)
        metrics.resourcesFrozen.set(core.book.freezes.resourceCount)
        let oldest = core.book.breaches.values.lazy.filter { !$0.isClosed }.map(\.openedAt).min()
        metrics.breachAge.series.set(oldest.map { max(0, (now - $0) / .seconds(1)) } ?? 0)
        metrics.controlsHeld.set(core.book.controls.values.count { $0.entry.intent != nil })
        metrics.breachesOpen.set(core.book.breaches.values.count { !$0.isClosed })
        let health = core.health
        metrics.resourcesEnforceable.set(readiness.enforceable(health))
        for (state, count) in health.counts { metrics.bmcs[.init(state: state)].set(Double(count)) }
        readiness.tell(now: now)
        tellFailures(now: now)
    }
}
