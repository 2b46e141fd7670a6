import Curl
import Foundation
import Journal
import Logging
import OpenSSL
import PowerEvents
import Prometheus
import Redfish
import ServiceLifecycle
import Shedding
import Site
import StrictJSON

/// Performs what the ``Shedding/Book`` decides: keeps its changes durable, runs convergences on the BMCs' lanes, and
/// hands reports to the outbox.
///
/// The one owner of the book. Everything that happens comes to this actor; nothing is done before the journal has it.
actor Enforcer: Service {
    /// With answers after 200 ms, as many as one core takes on in the time of one.
    private static let lanesPerCore = 512
    /// A first look takes a good dozen answers; of 200 ms each, these are a hundred BMCs a second on a core.
    private static let visitsPerCore = 256
    /// Changes with more actions take the journal a while.
    private static let many = 256

    var mode: AgentConfiguration.Mode
    /// Whether the book's open breaches were taken up again after the start, which `mode: observe` puts off.
    private(set) var hasTakenUpBook = false
    let journal: JournalDatabase
    let writer: JournalWriter
    let clients: ClientDirectory
    let metrics: AgentMetrics
    let refusals: RefusalLog
    let logger: Logger
    /// The time by which everything becomes due; never set back or forth while the process runs.
    let now: @Sendable () -> Timestamp
    /// What the events of other systems carry, and ours.
    let wall: @Sendable () -> Timestamp
    let composer: EventComposer
    let wakeOutbox: @Sendable () -> Void
    var book: Book
    var readiness = Readiness()
    /// The patrol's looks under way.
    var looks: [BMC.Address: Task<BMC?, Never>] = [:]
    var lanes: [BMC.Address: Lane] = [:]
    private var catchUp = CatchUp()
    /// What comes from the bus, in its order.
    private enum Arrival: Sendable {
        case connected
        case alert(InboxAlert)
    }
    let repetitions: Repetitions
    /// Reports that wait for their signature; the journal has them too.
    var unsigned: UnsignedReports
    nonisolated let parkedBreaches = ParkedBreaches()
    var hasBacklog: Bool { !backlog.isEmpty }
    /// Why what the journal holds is not taken up; nil where it is.
    var confirmation: JournalAge.Finding?
    private var lastMeasured = Timestamp(milliseconds: 0)
    var isStopping = false
    private nonisolated let alerts: AsyncStream<Arrival>
    private nonisolated let alertSink: AsyncStream<Arrival>.Continuation
    /// The places of a BMC's lane that are at work, of which there are as many as it may have connections.
    var busy: [BMC.Address: Set<Int>] = [:]
    let connectionsPerBMC: Int
    /// The tasks that work lanes off. Not in a task group, which goes through all its tasks whenever one of thousands
    /// ends.
    var laneTasks: [LanePlace: Task<Void, Never>] = [:]
    var schedule: LaneSchedule
    var isStartingLanes = false
    /// Runs that wait for what a BMC takes its time for, and gave way meanwhile to what is more urgent there.
    var parked: [ControlKey: ConvergenceRun] = [:]
    /// The waits under way, to be ended where something more urgent comes.
    var sleeps: [LanePlace: Task<Void, Never>] = [:]
    /// Whether what the journal held is taken up again; no lane is worked off before.
    var isResumed = false
    private var backlog: [InboxAlert]

    init(
        configuration: AgentConfiguration, contents: JournalContents, journal: JournalDatabase,
        writer: JournalWriter,
        clients: ClientDirectory, composer: EventComposer, metrics: AgentMetrics, refusals: RefusalLog,
        repetitions: Repetitions = Repetitions(), logger: Logger,
        now: @escaping @Sendable () -> Timestamp, wall: @escaping @Sendable () -> Timestamp,
        wakeOutbox: @escaping @Sendable () -> Void
    ) {
        mode = configuration.mode
        self.journal = journal
        self.writer = writer
        self.clients = clients
        self.composer = composer
        self.metrics = metrics
        self.refusals = refusals
        self.logger = logger
        self.now = now
        self.wall = wall
        self.wakeOutbox = wakeOutbox
        book = Book(
            site: configuration.site, policy: configuration.policy, breaches: contents.breaches,
            controls: contents.controls, isFrozen: contents.isFrozen)
        backlog = contents.inbox
        unsigned = UnsignedReports(contents.unsigned)
        self.repetitions = repetitions
        confirmation = JournalAge.finding(contents, maxHold: configuration.policy.maxHold, now: wall())
        readiness.reload(configuration.site)
        (alerts, alertSink) = AsyncStream.makeStream()
        connectionsPerBMC = configuration.pool.connectionsPerOrigin
        let cores = ProcessInfo.processInfo.activeProcessorCount
        schedule = LaneSchedule(
            capacity: min(configuration.pool.maximumInFlight, Self.lanesPerCore * cores),
            visits: Self.visitsPerCore * cores)
    }

    /// Takes an alert that the journal already has. Callable from any thread.
    nonisolated func deliver(_ alert: InboxAlert) { alertSink.yield(.alert(alert)) }

    /// A connection to the broker has begun. To be called before the first of its alerts is delivered.
    nonisolated func connected() { alertSink.yield(.connected) }

    func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                await resume()
                group.addTask { await self.consumeAlerts() }
                group.addTask { await self.keepTime() }
            }
            await endLanes()
            await clients.closeAll()
        } onGracefulShutdown: {
            Task { await self.stop() }
        }
    }

    private func stop() async {
        isStopping = true
        dropWaitingLanes()
        writer.giveUpOnFailure()
        alertSink.finish()
        for look in looks.values { look.cancel() }
        // A BMC that does not answer keeps its own session, and nobody else's.
        await clients.startClosing(except: Set(busy.keys))
    }

    private func resume() async {
        if let confirmation { return await park(confirmation) }
        let open = book.breaches.values.count { !$0.isClosed }
        if open > 0 || !book.controls.isEmpty {
            logger.notice(
                "going on with what the journal holds",
                metadata: ["breaches": "\(open)", "controls": "\(book.controls.count)"])
        }
        await takeBacklog()
        if mode == .enforce { await settle(JournalBatch(), takeUpBook()) } else { book.pause() }
        isResumed = true
        for address in lanes.keys { startLane(address) }
    }

    func takeUpBook() -> [Action] {
        hasTakenUpBook = true
        return book.resume(now: now())
    }

    /// Alerts that an earlier process accepted and did not come to.
    ///
    /// - Parameter time: when they count as received; nil for when they were
    func takeBacklog(asOf time: Timestamp? = nil) async {
        catchUp.begin(now: now())
        let alerts = backlog
        backlog = []
        for item in alerts {
            var alert = item.alert
            if let time { alert.receivedAt = time }
            await take(InboxAlert(sequence: item.sequence, alert: alert))
        }
    }

    private func keepTime() async {
        while !isStopping, !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(100))
            // Those that wait for their BMC make room.
            startLanes()
            if let (alerts, overtaken) = catchUp.drain(now: now()) {
                for alert in overtaken { await drop(alert) }
                for alert in alerts { await act(on: alert) }
            }
            await signWaiting()
            guard mode == .enforce, !book.isIdle else {
                measure()
                continue
            }
            await settle(JournalBatch(), book.tick(now: now()))
            measure()
        }
    }

    private func measure() {
        guard now() - lastMeasured >= .seconds(1) else { return }
        lastMeasured = now()
        metrics.controlsHeld.set(book.controls.values.count { $0.entry.intent != nil })
        metrics.breachesOpen.set(book.breaches.values.count { !$0.isClosed })
    }

    // MARK: Alerts

    private func consumeAlerts() async {
        for await arrival in alerts {
            switch arrival {
            case .connected: catchUp.begin(now: now())
            case .alert(let alert): await take(alert)
            }
        }
    }

    private func take(_ alert: InboxAlert) async {
        if !catchUp.gather(alert, wall: wall(), now: now()) { await act(on: alert) }
    }

    /// An alert that a newer one of its breach overtook while the agent was away.
    private func drop(_ alert: InboxAlert) async {
        logger.info("overtaken by a newer alert of its breach", metadata: ["event": "\(alert.alert.eventID)"])
        var batch = JournalBatch()
        batch.handled = [alert.sequence]
        await settle(batch, [])
    }

    private func act(on item: InboxAlert) async {
        var batch = JournalBatch()
        batch.handled = [item.sequence]
        guard let alert = item.alert.breachAlert else {
            logger.critical(
                "an accepted alert cannot be read any more and is dropped",
                metadata: ["event": "\(item.alert.eventID)", "breach": "\(item.alert.breachID)"])
            return await settle(batch, [])
        }
        let metadata: Logger.Metadata = [
            "breach": "\(alert.breachID)", "feed": "\(alert.feedTag)", "status": "\(alert.status.rawValue)",
            "severity": "\(alert.severity.rawValue)", "hints": "\(alert.shedHints.count)",
            "trace": "\(item.alert.trace?.traceID ?? "none")",
        ]
        if let objection = book.objection(to: alert, source: item.alert.source, now: item.alert.receivedAt) {
            let refusal = refusals.note(
                RefusalRecord(
                    at: wall(), reason: objection.rawValue, detail: "\(objection)", topic: item.alert.topic ?? "",
                    source: item.alert.source, eventID: item.alert.eventID.text,
                    digest: SHA256.hex(Array(item.alert.payload.utf8))))
            batch.refusals = refusal.map { [$0] } ?? []
            if !objection.isFinal { forget(item.alert.mark, &batch) }
            return await settle(batch, [])
        }
        metrics.alertsAccepted[.init(status: alert.status)].increment()
        logger.notice("accepted an alert", metadata: metadata)
        if !alert.infrastructureActions.isEmpty {
            let names = alert.infrastructureActions.map(\.rawValue).joined(separator: ", ")
            logger.warning("for people to decide, never executed: \(names)", metadata: metadata)
        }
        // The end of a breach that is held since before counts in any mode; nothing is written for it until the mode does.
        if mode == .observe, alert.status != .resolved || book.breaches[alert.breachID]?.isOpen != true {
            logPlan(alert)
            // It was not enforced. In another mode it will be, when it is sent again.
            forget(item.alert.mark, &batch)
            return await settle(batch, [])
        }
        if book.isRepetition(alert) {
            batch.repeated = [alert.breachID]
            return await settle(batch, [])
        }
        let origin = Breach.Origin(
            source: item.alert.source, trace: item.alert.trace, correlationID: item.alert.correlationID)
        if alert.shedHints.count > Self.many, alert.status != .resolved {
            await settle(batch, following: book.takeIn(alert, origin: origin, now: now()))
        } else {
            await settle(batch, book.accept(alert, origin: origin, now: now()))
        }
        if alert.status != .resolved { metrics.countSkipped(book.breaches[alert.breachID]?.plans ?? []) }
    }

    /// A payload that may be accepted another time.
    private func forget(_ mark: SeenPayload, _ batch: inout JournalBatch) {
        batch.forgotten = [mark]
        repetitions.refused(mark.digest)
    }

    private func logPlan(_ alert: BreachAlert) {
        let planner = Planner(site: book.site, policy: book.policy)
        for plan in planner.plan(alert.shedHints, feed: alert.feedTag) {
            logger.notice(
                "would do (observe)", metadata: ["hint": "\(plan.hint.resourceID)", "plan": "\(plan.summary)"])
        }
    }

    /// An event that was seen before: its breach's latest report is published again.
    func answerAgain(_ breach: UUIDText) async {
        guard mode == .enforce else { return }
        var batch = JournalBatch()
        batch.repeated = [breach]
        await settle(batch, [])
    }

    /// The broker is back: everybody who listens is told the present state. That is the latest report of each open
    /// breach, under its own id, since a new one is made whenever the state changes.
    func brokerIsReady() async {
        guard mode == .enforce else { return }
        var batch = JournalBatch()
        batch.repeated = book.openBreaches
        await settle(batch, [])
    }

    // MARK: Acting

    /// Makes the book's changes durable, and acts. Waits as long as the journal refuses.
    ///
    /// Convergences begin meanwhile: they only look until their own intent is durable, which it is after these changes.
    func settle(_ batch: JournalBatch, _ actions: [Action]) async {
        var batch = batch
        batch.changes = book.takeChanges()
        for case .report(let report) in actions where mode == .enforce {
            compose(report, into: &batch)
        }
        let isDurable = await keep(batch, isLarge: actions.count > Self.many) {
            for action in actions where action.isConverge { perform(action) }
        }
        guard isDurable else { return }
        if !batch.reports.isEmpty || !batch.repeated.isEmpty { wakeOutbox() }
        for action in actions where !action.isConverge { perform(action) }
    }

    /// The same for an alert with many hints: while the journal writes them down, their work is laid out.
    ///
    /// What there is to report goes into a transaction of its own after that. A crash between the two leaves an open
    /// breach, which the next start reports upon.
    private func settle(_ batch: JournalBatch, following acceptance: Book.Acceptance) async {
        var batch = batch
        batch.changes = book.takeChanges()
        var others: [Action] = []
        let isDurable = await keep(batch, isLarge: true) {
            for action in book.follow(acceptance) {
                if action.isConverge { perform(action) } else { others.append(action) }
            }
        }
        if isDurable { await settle(JournalBatch(), others) }
    }

    /// - Parameter isLarge: whether the journal and what is done meanwhile take a while, for which few lanes begin
    /// - Returns: false where the process ends before the disk obeys; the next start finds what this one did
    private func keep(_ batch: JournalBatch, isLarge: Bool, meanwhile: () -> Void) async -> Bool {
        if isLarge { schedule.beginPreparing() }
        defer {
            if isLarge {
                schedule.endPreparing()
                startLanes()
            }
        }
        do {
            try await writer.commit(batch, .untilDone, meanwhile: meanwhile)
            return true
        } catch {
            return false
        }
    }

    private func perform(_ action: Action) {
        switch action {
        case .converge(let key, let priority):
            guard let bmc = book.controls[key]?.entry.bmc.address else { return }
            lanes[bmc, default: Lane()].add(key, priority: priority)
            startLane(bmc)
            endLook(at: bmc)
            wakeSleepers(at: bmc)
        case .report(let report):
            let enforcement = report.enforcement
            logger.notice(
                "reporting",
                metadata: [
                    "breach": "\(enforcement.breachID)", "action": "\(enforcement.action.rawValue)",
                    "code": "\(enforcement.code.rawValue)", "results": "\(enforcement.results.count)",
                    "diag": "\(enforcement.diagnosticMessage ?? "")",
                ])
        case .alarm(let text):
            logger.critical("\(text)")
        }
    }
}
