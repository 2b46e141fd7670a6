public import PowerEvents
public import Site

/// The one door of the heart: everything that happens goes in as an ``Input``, and everything to be done comes out as a
/// ``Ready``.
///
/// A value without I/O, clock and randomness of its own. Whoever keeps it performs what it says and decides nothing; the
/// agent does so on real BMCs and a real disk, the histories in virtual time. A crash at any moment leaves a journal from
/// which another core goes on.
public struct Core: Sendable {
    /// Breaches, holds and what each control must hold because of them.
    public internal(set) var book: Breaches
    public private(set) var mode: Mode
    /// Why what the journal holds is not taken up; nil where it is.
    public internal(set) var confirmation: JournalAge.Finding?
    /// The latest drill of this process.
    public internal(set) var drill: Drill?
    /// What would have been done, of breaches that are not over; in `mode: observe` only.
    public internal(set) var observations: [UUIDText: Observation] = [:]
    private var dispatch: Dispatch
    private var catchUp = CatchUp()
    private let contents: Contents
    /// Alerts that an earlier process accepted and did not come to.
    var backlog: [ReceivedAlert]
    var lease = Lease()
    var suspensions = SuspensionDesk()
    private var isStarted = false
    /// Whether the book's open breaches were taken up again after the start, which `mode: observe` puts off.
    private var hasTakenUpBook = false
    /// An alert with many hints whose controls are yet to be laid out. The next step begins with that, whatever it is.
    private var unfinished: Breaches.Acceptance?

    private var lastBatch: UInt64 = 0
    /// Batches that are not known to be durable, nor known not to be.
    var undecidedBatches = 0
    /// What waits for records to become durable.
    private var intents: [BatchID: RunID] = [:]
    private var held: [BatchID: [Slot]] = [:]
    private var large: Set<BatchID> = []
    /// Of the last step by which anything was due: a disk that refuses does not pile up what becomes due meanwhile.
    private var dueBatch: BatchID?

    /// Changes with more actions, and alerts with more hints, take the journal a while.
    static let largeThreshold = 256

    public init(site: Site, policy: Policy, mode: Mode = .enforce, contents: Contents = Contents(), bounds: Bounds) {
        self.mode = mode
        self.contents = contents
        backlog = contents.inbox
        book = Breaches(
            site: site, policy: policy, breaches: contents.breaches, controls: contents.controls,
            freezes: contents.freezes)
        book.show(contents.outcomes)
        dispatch = Dispatch(bounds, site: site)
    }

    // MARK: The door

    /// Takes in what happened. - Parameter now: never earlier than at the step before, on the steady clock
    public mutating func step(_ input: Input, at now: Moment) -> Ready {
        if case .leaseLost = input { lease.isLost = true }
        if lease.isLost { return Ready.notLeading }
        var step = Step(now)
        passLease(input, &step)
        if !dispatch.hasMoreToBegin { dispatch.proceed() }
        if let acceptance = unfinished.take() { absorb(book.follow(acceptance), &step) }
        take(input, &step)
        // Nothing is begun by a book that is yet to lay out what it has taken in: what is held would look let go of.
        while unfinished == nil {
            dispatch.work(&book, &step.progress)
            if step.progress.actions.isEmpty { break }
            absorb(step.takeActions(), &step)
        }
        return close(step)
    }

    /// Whether nothing is at work on any BMC: with ``Input/stopping``, the end.
    public var isAtRest: Bool { lease.isLost || dispatch.isAtRest }

    /// What the patrol knows of each BMC.
    public var health: FleetHealth { dispatch.health }

    /// The BMCs that something is under way on.
    public var busyBMCs: Set<BMC.Address> { dispatch.busyBMCs }

    /// Whether nothing can become due, on no account.
    public var isIdle: Bool {
        lease.isLost
            || book.isIdle && book.freezes.nextEnd == nil && catchUp.isEmpty && unfinished == nil && dispatch.isAtRest
                && suspensions.isIdle
    }

    private mutating func take(_ input: Input, _ step: inout Step) {
        let now = step.now.steady
        switch input {
        case .lease, .leaseLost: break
        case .elsewhere(let elsewhere, let counted): learn(elsewhere, counted: counted, now: now)
        case .claimed(let grant): take(grant, isStopping: dispatch.isStopping, &step)
        case .takenOver(let bounds): if !isStarted { book.takeOver(bounds, now: now) }
        case .started: start(&step)
        case .stopping: dispatch.stop(&step.progress)
        case .time: passTime(&step)
        case .proceed: dispatch.proceed()
        case .connected: catchUp.begin(now: now)
        case .subscribed: if mode == .enforce { step.records.repeated += book.openBreaches }
        case .alert(let alert): if !dispatch.isStopping { takeIn(alert, &step) }
        case .repeated(let breach): if mode == .enforce { step.records.repeated.append(breach) }
        case .read(let id, let result):
            if case .success(let reading) = result, let key = dispatch.key(of: id) {
                book.saw(reading, of: key, now: now)
            }
            dispatch.didRead(id, result, now: now)
        case .wrote(let id, let results): dispatch.didWrite(id, results, now: now)
        case .woke(let id): dispatch.didWait(id, &step.progress)
        case .visited(let id, let sight):
            if let sight { book.saw(sight, now: now) }
            dispatch.didVisit(
                id, sight.map { .looked($0.trouble ?? book.exchangedMachine(in: $0)) } ?? .cutShort, now: now)
        case .metered(let id, let sight):
            dispatch.didVisit(id, .metered, now: now)
            book.metered(sight, now: now)
        case .rested(let slot): dispatch.didRest(slot, now: now)
        case .durable(let batch): didCommit(batch, failure: nil, &step)
        case .notDurable(let batch, let reason): didCommit(batch, failure: reason, &step)
        case .pruned(let time): book.forget(closedBefore: time)
        case .command(let command): obey(command, &step)
        case .reloaded(let site, let policy, let mode): reload(site, policy, mode, &step)
        }
    }

    /// When a ``Input/time`` can have anything to do; nil where it has nothing. Never later than that.
    public mutating func nextDue(now: Timestamp) -> Timestamp? {
        if lease.isLost { return nil }
        var due = [catchUp.nextDue, dispatch.nextDue(now: now), book.freezes.nextEnd, suspensions.lookAt]
        if mode == .enforce, !dispatch.isStopping {
            due.append(dueBatch == nil ? book.nextDue : book.isLeaseAway ? book.nextRead : nil)
            if book.isHolding { due.append(dispatch.nextMetering(every: book.policy.meterEvery)) }
        }
        if unfinished != nil || drill?.isUnderWay == true { due.append(now) }
        return due.compactMap { $0 }.min()
    }

    // MARK: Start, time

    private mutating func start(_ step: inout Step) {
        guard !isStarted else { return }
        isStarted = true
        if mode == .observe { book.pause() }
        book.restartFreezes(now: step.now.steady)
        catchUp.begin(now: step.now.steady)
        confirmation = JournalAge.finding(contents, maxHold: book.policy.maxHold, now: step.now.wall)
        if let confirmation {
            book.park()
            step.tell(.parked(confirmation))
            return step.tell(.heldBack(book.parking.breaches))
        }
        step.tell(.heldBack([]))
        step.after.append(.publish)
        let open = book.breaches.values.count { !$0.isClosed }
        if open > 0 || !book.controls.isEmpty { step.tell(.resumed(breaches: open, controls: book.controls.count)) }
        takeBacklog(&step)
        if mode == .enforce { takeUpBook(&step) }
    }

    mutating func takeUpBook(_ step: inout Step) {
        hasTakenUpBook = true
        finishUnfinished(&step)
        let now = step.now.steady
        absorb(book.parking.isEmpty ? book.resume(now: now) : book.resumeParked(now: now), &step)
        endEarlierDrills(&step)
    }

    /// - Parameter time: when they count as received; nil for when they were
    mutating func takeBacklog(asOf time: Timestamp? = nil, _ step: inout Step) {
        catchUp.begin(now: step.now.steady)
        let alerts = backlog
        backlog = []
        for (alert, isFollowed) in zip(alerts, ReceivedAlert.areFollowed(alerts)) {
            var alert = alert
            if let time { alert.receivedAt = time }
            takeIn(alert, isFollowed: isFollowed, &step)
        }
    }

    private mutating func passTime(_ step: inout Step) {
        let now = step.now.steady
        if !dispatch.isStopping {
            lookAtSuspensions(&step)
            let (ended, actions) = book.endFreezes(now: now)
            for freeze in ended { step.tell(.thawed(freeze)) }
            absorb(actions, &step)
        }
        if let (act, overtaken) = catchUp.drain(now: now) {
            for alert in overtaken {
                step.tell(.overtaken(alert))
                step.records.handled.append(alert.sequence)
            }
            for (alert, isFollowed) in zip(act, ReceivedAlert.areFollowed(act)) {
                self.act(on: alert, isFollowed: isFollowed, &step)
            }
        }
        dispatch.sendPatrol(now: now)
        if let news = dispatch.tellHealth(now: now) { step.tell(.healthChanged(news)) }
        if mode == .enforce, book.isHolding {
            dispatch.sendMeters({ book.heldBMCs }, every: book.policy.meterEvery, &step.progress)
        }
        guard mode == .enforce, !dispatch.isStopping, unfinished == nil else { return }
        guard dueBatch == nil else {
            // The journal may be away with the lease. What is held is watched all the same.
            if book.isLeaseAway { absorb(book.takeDueReads(now: now), &step) }
            return
        }
        if !book.isIdle {
            step.isDue = true
            absorb(book.tick(now: now), &step)
        }
        advanceDrill(&step)
    }

    // MARK: Alerts

    private mutating func takeIn(_ alert: ReceivedAlert, isFollowed: Bool = false, _ step: inout Step) {
        if !catchUp.gather(alert, wall: step.now.wall, now: step.now.steady) {
            act(on: alert, isFollowed: isFollowed, &step)
        }
    }

    /// - Parameter hasClaimed: whether the site counts what it asks for, as far as it may
    mutating func act(on received: ReceivedAlert, isFollowed: Bool, hasClaimed: Bool = false, _ step: inout Step) {
        if !hasClaimed, mustWait(received, isFollowed: isFollowed, &step) { return }
        step.records.handled.append(received.sequence)
        guard var alert = received.alert else { return step.tell(.unreadable(received)) }
        if !book.policy.answersForeign {
            let own = alert.shedHints.filter { book.site.owns($0.resourceID) }
            let isForeign = own.isEmpty && book.breaches[alert.breachID] == nil
            if isForeign, !alert.shedHints.isEmpty || alert.status == .resolved {
                return step.tell(.foreign(received))
            }
            alert.shedHints = own
        }
        if let objection = book.objection(to: alert, source: received.source, now: received.receivedAt) {
            step.records.refused.append((received, objection))
            if !objection.isFinal { step.records.forgotten.append(received.mark) }
            return
        }
        step.tell(.accepted(received, alert))
        // The end of a breach that is held since before counts in any mode; nothing is written for it until the mode does.
        if mode == .observe, alert.status != .resolved || book.breaches[alert.breachID]?.isOpen != true {
            observe(alert, received, &step)
            // It was not enforced. In another mode it will be, when it is sent again.
            step.records.forgotten.append(received.mark)
            return
        }
        if book.isRepetition(alert) {
            step.records.repeated.append(alert.breachID)
            return
        }
        finishUnfinished(&step)
        // Whoever rehearses gives way to what is meant.
        if alert.status != .resolved { endDrill(because: "an alert came in", &step) }
        defer {
            if alert.status != .resolved { step.tell(.planned(book.breaches[alert.breachID]?.plans ?? [])) }
        }
        let now = step.now.steady
        let event = Breaches.AlertEvent(id: received.eventID, digest: received.mark.digest)
        guard alert.status != .resolved, alert.shedHints.count > Self.largeThreshold else {
            let actions = book.accept(
                alert, origin: received.origin, event: event, isFollowed: isFollowed, now: now)
            return absorb(actions, &step)
        }
        // The disk begins with what is asked while its controls are laid out.
        unfinished = book.takeIn(
            alert, origin: received.origin, event: event, isFollowed: isFollowed, now: now)
        step.isLarge = true
    }

    mutating func finishUnfinished(_ step: inout Step) {
        guard let acceptance = unfinished else { return }
        unfinished = nil
        absorb(book.follow(acceptance), &step)
    }

    // MARK: Configuration

    private mutating func reload(_ site: Site, _ policy: Policy, _ mode: Mode, _ step: inout Step) {
        book.reload(site: site, policy: policy)
        dispatch.reload(site)
        if book.shared != nil { tellSite(now: step.now.steady) }
        guard mode != self.mode else { return }
        step.tell(.modeChanged(from: self.mode, to: mode))
        self.mode = mode
        observations = [:]
        switch mode {
        // What is held stays held, and nothing is written or published. Nobody rehearses in it.
        case .observe:
            endDrill(because: "mode became observe", &step)
            book.pause()
        // All is looked at anew.
        case .enforce:
            let actions = book.unpause(now: step.now.steady)
            absorb(actions, &step)
            if !hasTakenUpBook, confirmation == nil { takeUpBook(&step) }
        }
    }

    // MARK: Durability

    private mutating func didCommit(_ batch: BatchID, failure: String?, _ step: inout Step) {
        undecidedBatches -= 1
        if large.remove(batch) != nil { dispatch.endPreparing() }
        if dueBatch == batch { dueBatch = nil }
        if let run = intents.removeValue(forKey: batch) {
            if let failure {
                if let key = dispatch.key(of: run) { book.didNotRecord(key) }
                dispatch.didNotRecord(run, reason: failure, &step.progress)
            } else {
                dispatch.didRecord(run, &book)
            }
        }
        // Where even this failed, the process ends, and the next start finds what this one did.
        dispatch.release(held.removeValue(forKey: batch) ?? [])
    }

    /// Lets every slot go on at once that waits for records.
    mutating func releaseHeld() {
        for batch in held.keys.sorted() { dispatch.release(held[batch] ?? []) }
        held = [:]
    }

    mutating func absorb(_ actions: [Action], _ step: inout Step) {
        if actions.count > Self.largeThreshold { step.isLarge = true }
        for action in actions {
            switch action {
            case .converge(let key, let priority):
                guard let bmc = book.controls[key]?.entry.bmc.address else { continue }
                dispatch.add(key, at: bmc, priority: priority, &step.progress)
            case .report(let report):
                // Nobody has sent an alert that it would answer.
                if report.origin.isDrill { continue }
                if mode == .enforce { step.records.reports.append(report) }
                step.after.append(.tell(.reported(report)))
            case .alarm(let text): step.after.append(.tell(.alarm(text)))
            }
        }
    }

    /// Brings a step into its final form. What nothing of is durable needs not wait: those slots go on at once.
    private mutating func close(_ step: Step) -> Ready {
        var step = step
        while book.isLeaseAway, !step.progress.held.isEmpty, unfinished == nil { goOn(&step) }
        step.records.changes = book.takeChanges()
        var ready = Ready()
        while step.records.isEmpty, !step.progress.held.isEmpty, unfinished == nil {
            goOn(&step)
            step.records.changes = book.takeChanges()
        }
        noteSuspensions(step.records.changes, now: step.now.steady)
        if step.records.isEmpty {
            ready.effectsNow = step.progress.effects + step.after
        } else {
            if !step.records.reports.isEmpty || !step.records.repeated.isEmpty { step.after.insert(.publish, at: 0) }
            let batch = Batch(id: nextBatch(), records: step.records, patience: .untilDone, effectsAfter: step.after)
            if !step.progress.held.isEmpty { held[batch.id] = step.progress.held }
            if step.isDue { dueBatch = batch.id }
            if step.isLarge {
                large.insert(batch.id)
                dispatch.beginPreparing()
            }
            ready.effectsNow = step.progress.effects
            ready.batches.append(batch)
        }
        for intent in step.progress.intents {
            var records = Records()
            records.changes.controls = [(intent.entry, intent.outcome)]
            let batch = Batch(id: nextBatch(), records: records, patience: .once)
            intents[batch.id] = intent.run
            ready.batches.append(batch)
        }
        ready.answer = step.answer
        ready.isUnfinished = unfinished != nil || dispatch.hasMoreToBegin
        return ready
    }

    /// Goes on in the slots that wait for what they came to.
    private mutating func goOn(_ step: inout Step) {
        dispatch.release(step.takeHeld())
        repeat {
            dispatch.work(&book, &step.progress)
            absorb(step.takeActions(), &step)
        } while !step.progress.actions.isEmpty
    }

    private mutating func nextBatch() -> BatchID {
        lastBatch += 1
        undecidedBatches += 1
        return BatchID(number: lastBatch)
    }
}
