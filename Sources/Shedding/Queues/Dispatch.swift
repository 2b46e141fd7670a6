import PowerEvents
import Site

/// The work on all BMCs: queues, what is at work in their slots, and what is parked.
///
/// Performs nothing: every request, wait and record is an effect or an intent of the step that is under way.
struct Dispatch: Sendable {
    /// After how long a journal that refused an intent is asked again. The disk may be somebody else's for some seconds,
    /// and the next regular look is a long way off.
    static let recordPause = Duration.milliseconds(500)

    var queues: Queues
    var turns: [Slot: Turn] = [:]
    private(set) var runs: [RunID: Run] = [:]
    /// Where each run is at work.
    var slots: [RunID: Slot] = [:]
    /// Runs that gave way to what is more urgent on their BMC.
    private var parked: [ControlKey: RunID] = [:]
    var visits: Visits
    /// What was last spoken to in each slot.
    private var connections: [Slot: BMC] = [:]
    private var lastID: UInt64 = 0
    /// Slots to go on with in this step.
    var ready: [Slot] = []
    private(set) var isStopping = false
    /// With how many slots may be begun before the shell has had its say (``proceed()``).
    private var beginningsLeft = beginningsAtOnce

    /// The first of hundreds must not wait until the last has begun: what they come to goes between.
    private static let beginningsAtOnce = 32

    init(_ bounds: Bounds, site: Site) {
        queues = Queues(bounds)
        visits = Visits(bounds, site: site)
    }

    /// Whether nothing is at work on any BMC.
    var isAtRest: Bool { queues.isAtRest }

    /// Whether as many slots were begun with as may be at once: there is more once the shell has handed in what came back.
    var hasMoreToBegin: Bool { beginningsLeft == 0 }

    /// The BMCs that something is under way on.
    var busyBMCs: Set<BMC.Address> { queues.busyBMCs }

    func nextDue(now: Timestamp) -> Timestamp? {
        isStopping ? nil : [queues.nextDue, visits.nextDue].compactMap { $0 }.min()
    }

    /// The control that something under way is about.
    func key(of id: RunID) -> ControlKey? { runs[id]?.key }

    mutating func reload(_ site: Site) { visits.reload(site) }

    mutating func beginPreparing() { queues.beginPreparing() }

    mutating func endPreparing() { queues.endPreparing() }

    // MARK: What comes in

    /// What came back meanwhile was handed in: as many slots more may be begun with.
    mutating func proceed() { beginningsLeft = Self.beginningsAtOnce }

    /// Queues a control. What waits on its BMC gives way where this is more urgent, and a visit ends.
    mutating func add(_ key: ControlKey, at bmc: BMC.Address, priority: Int, _ progress: inout Progress) {
        if isStopping { return }
        queues.add(key, at: bmc, priority: priority, now: progress.now)
        if let visit = visits.end(at: bmc) { progress.effects.append(.endVisit(visit)) }
        for slot in queues.slots(at: bmc) {
            guard let turn = turns[slot], turn.isWaiting, let run = turn.current.flatMap({ runs[$0] }),
                case .wait = run.step, queues.hasMoreUrgent(than: run.priority, at: bmc)
            else { continue }
            turns[slot]?.isWaiting = false
            ready.append(slot)
        }
    }

    mutating func didRead(_ id: RunID, _ result: Result<Reading, BMCFault>, now: Timestamp) {
        let result = result.flatMap(\.bounded)
        noteHealth(of: id, result, now: now)
        runs[id]?.didRead(result, now: now)
        goOn(with: id)
    }

    mutating func didWrite(_ id: RunID, _ results: [Result<Void, BMCFault>], now: Timestamp) {
        guard let slot = slots[id], let turn = turns[slot] else { return }
        if case .writingTogether(let members) = turn.stage {
            for (member, result) in zip(members, results) { runs[member]?.didWrite(result, now: now) }
            turns[slot]?.stage = .completing
        } else if let result = results.first {
            runs[id]?.didWrite(result, now: now)
        }
        goOn(with: id)
    }

    mutating func didWait(_ id: RunID, _ progress: inout Progress) {
        guard let slot = slots[id], let turn = turns[slot], turn.current == id, let due = runs[id]?.due,
            progress.now >= due
        else { return }
        // It goes on when the meter has answered what is on its way.
        if turn.isMetering, let visit = visits.end(at: slot.bmc) { progress.effects.append(.endVisit(visit)) }
        guard turn.isWaiting else { return }
        turns[slot]?.isWaiting = false
        if case .wait = runs[id]?.step { runs[id]?.didWait(now: progress.now) } else { runs[id]?.due = nil }
        ready.append(slot)
    }

    /// An intent is durable. Its write still needs the book's leave.
    mutating func didRecord(_ id: RunID, _ book: inout Breaches) {
        guard let run = runs[id] else { return }
        book.willWrite(run.convergence.entry)
        runs[id]?.didRecord()
        goOn(with: id)
    }

    mutating func didNotRecord(_ id: RunID, reason: String, _ progress: inout Progress) {
        guard let run = runs[id], let slot = slots[id] else { return }
        if run.convergence.timeLeft(progress.now) > Self.recordPause, !isStopping {
            runs[id]?.due = progress.now + Self.recordPause
            turns[slot]?.isWaiting = true
            progress.effects.append(.wake(id, after: Self.recordPause))
            return
        }
        runs[id]?.didNotRecord(.failed(.journalCannotRecord(reason)))
        goOn(with: id)
    }

    mutating func didRest(_ slot: Slot, now: Timestamp) {
        connections[slot] = nil
        queues.ended(slot, now: now)
    }

    /// What a slot's work came to is durable.
    mutating func release(_ slots: [Slot]) { ready += slots }

    private mutating func goOn(with id: RunID) { if let slot = slots[id] { ready.append(slot) } }

    /// Begins nothing more. What waits for a BMC is left; what has a request on its way ends.
    mutating func stop(_ progress: inout Progress) {
        isStopping = true
        queues.dropAll()
        progress.effects += visits.endAll().map { .endVisit($0) }
        for slot in turns.keys.sorted(by: { ($0.bmc, $0.number) < ($1.bmc, $1.number) })
        where turns[slot]?.isWaiting == true {
            turns[slot]?.isWaiting = false
            ready.append(slot)
        }
    }

    // MARK: Going on

    /// Goes on in every slot that can, and begins with as many more as there may be.
    mutating func work(_ book: inout Breaches, _ progress: inout Progress) {
        while true {
            if let slot = ready.popLast() {
                proceed(slot, &book, &progress)
            } else if !isStopping, beginningsLeft > 0, let slot = queues.begin(now: progress.now) {
                beginningsLeft -= 1
                proceed(slot, &book, &progress)
            } else {
                return
            }
        }
    }

    private mutating func proceed(_ slot: Slot, _ book: inout Breaches, _ progress: inout Progress) {
        while let turn = turns[slot] {
            let isGoingOn =
                switch turn.stage {
                case .preparing: prepare(slot, turn, &book, &progress)
                case .writingTogether: false
                case .completing: complete(slot, turn, &book, &progress)
                }
            if !isGoingOn { return }
        }
        takeNext(slot, &book, &progress)
    }

    /// What the slot is to do after a turn, or first.
    private mutating func takeNext(_ slot: Slot, _ book: inout Breaches, _ progress: inout Progress) {
        // What is more urgent on other BMCs goes first: this slot has done something, or what it was begun for came to
        // nothing.
        let isToYield = queues.isToYield(slot)
        guard !isStopping, !isToYield, let job = queues.next(in: slot) else { return rest(slot, &progress) }
        switch job {
        case .visit:
            guard let work = visits.next(at: slot.bmc) else { return takeNext(slot, &book, &progress) }
            let id = nextID()
            visits.begin(work, as: id)
            slots[id] = slot
            connections[slot] = work.bmc
            switch work {
            case .meter(let machines, let bmc):
                progress.effects.append(.meter(MeterOrder(id: id, machines: machines, bmc: bmc, slot: slot)))
            case .look(let resource, let gpus, let isKnown, let bmc):
                progress.effects.append(
                    .visit(
                        VisitOrder(
                            id: id, resource: resource, gpus: gpus, bmc: bmc, slot: slot, isKnown: isKnown)))
            }
        case .control(let key, let priority):
            if let id = parked.removeValue(forKey: key) {
                slots[id] = slot
                turns[slot] = Turn(priority: priority, stage: .completing, run: id)
            } else {
                turns[slot] = Turn(priority: priority, run: nil)
                turns[slot]?.toBegin = [key]
            }
            proceed(slot, &book, &progress)
        }
    }

    private mutating func rest(_ slot: Slot, _ progress: inout Progress) {
        if let bmc = connections[slot] {
            progress.effects.append(.rest(bmc, slot))
        } else {
            queues.ended(slot, now: progress.now)
        }
    }

    mutating func nextID() -> RunID {
        lastID += 1
        return RunID(number: lastID)
    }

    /// Begins with a control. - Returns: whether its turn goes on; otherwise what it came to is to become durable first
    private mutating func begin(
        _ key: ControlKey, in slot: Slot, _ book: inout Breaches, _ progress: inout Progress
    ) -> Bool {
        let (assignment, actions) = book.begin(key, now: progress.now)
        guard let assignment, let priority = turns[slot]?.priority else {
            progress.actions += actions
            if !actions.isEmpty { progress.held.append(slot) }
            return actions.isEmpty
        }
        let run = Run(nextID(), key, assignment, priority: priority)
        runs[run.id] = run
        slots[run.id] = slot
        connections[slot] = run.bmc
        turns[slot]?.members.append(run.id)
        return true
    }

    // MARK: Turns

    /// - Returns: whether there is more to do at once
    private mutating func prepare(
        _ slot: Slot, _ turn: Turn, _ book: inout Breaches, _ progress: inout Progress
    ) -> Bool {
        if let id = turn.current, let run = runs[id] {
            if run.isPreparing { return issue(run, in: slot, &book, &progress) }
            turns[slot]?.index += 1
            return true
        }
        if let key = turn.toBegin.first {
            turns[slot]?.toBegin.removeFirst()
            return begin(key, in: slot, &book, &progress)
        }
        if !turn.isGathered {
            turns[slot]?.isGathered = true
            // What came in meanwhile and is more urgent does not wait for all of them.
            let isOvertaken = queues.hasMoreUrgent(than: turn.priority, around: slot)
            if !isOvertaken, let first = turn.members.first, runs[first]?.group != nil {
                let parked = parked
                turns[slot]?.toBegin = queues.takeLimits(at: slot.bmc, priority: turn.priority) { parked[$0] != nil }
            }
            return true
        }
        turns[slot]?.index = 0
        turns[slot]?.stage = .completing
        for id in turn.members.dropLast() { runs[id]?.isFollowed = true }
        guard let (order, members) = jointWrite(turn, in: slot, &book, progress.now) else { return true }
        turns[slot]?.stage = .writingTogether(members)
        for change in order.changes { book.noteWrite(change.entry.key, now: progress.now) }
        progress.effects.append(.write(order))
        return false
    }

    private mutating func complete(
        _ slot: Slot, _ turn: Turn, _ book: inout Breaches, _ progress: inout Progress
    ) -> Bool {
        guard let id = turn.current, let run = runs[id] else {
            turns[slot] = nil
            return true
        }
        switch run.step {
        case .read, .record: return issue(run, in: slot, &book, &progress)
        case .write(let write):
            if let refusal = book.permit(run.key, revision: run.revision) {
                runs[id]?.didNotWrite(refusal)
                return true
            }
            guard !book.isLeaseAway else {
                runs[id]?.postpone()
                return true
            }
            let change = WriteOrder.Change(write: write, entry: run.convergence.entry)
            book.noteWrite(run.key, now: progress.now)
            progress.effects.append(
                .write(
                    WriteOrder(
                        id: id, changes: [change], slot: slot, priority: run.priority,
                        timeLeft: run.convergence.timeLeft(progress.now))))
            return false
        case .wait(let duration): return wait(duration, run, in: slot, &progress)
        case .postpone(let time):
            drop(id, in: slot)
            progress.actions += book.postpone(
                run.key, entry: run.convergence.entry, until: time, revision: run.revision, now: progress.now)
            progress.held.append(slot)
            return false
        case .finish(let outcome):
            drop(id, in: slot)
            if run.convergence.endsFormerWrites(outcome) { book.former.end(run.key) }
            let isReverting = run.convergence.goal == .prior
            let isNews = outcome.isNews(after: book.controls[run.key]?.outcome)
            progress.effects.append(
                .tell(.ended(run.convergence.entry, outcome, isReverting: isReverting, isNews: isNews)))
            progress.actions += book.finish(
                run.key, entry: run.convergence.entry, outcome: outcome, revision: run.revision, now: progress.now)
            progress.held.append(slot)
            return false
        }
    }

    /// Reads, or makes durable what is about to be written.
    private mutating func issue(
        _ run: Run, in slot: Slot, _ book: inout Breaches, _ progress: inout Progress
    ) -> Bool {
        let entry = run.convergence.entry
        guard case .record = run.step else {
            let isLast = run.isReadingBack && !run.isFollowed && queues.isEmpty(at: slot.bmc)
            progress.effects.append(
                .read(
                    ReadOrder(
                        id: run.id, entry: entry, slot: slot, priority: run.priority,
                        timeLeft: run.convergence.timeLeft(progress.now), identityAge: run.convergence.identityAge,
                        isLikelyLast: isLast)))
            return false
        }
        guard !book.isLeaseAway else {
            runs[run.id]?.postpone()
            return true
        }
        if let refusal = book.permitRecord(entry, revision: run.revision) {
            runs[run.id]?.didNotRecord(refusal)
            return true
        }
        progress.intents.append(
            Progress.Intent(run: run.id, entry: book.merged(entry), outcome: book.controls[entry.key]?.outcome))
        return false
    }

    /// Waits for what a BMC takes its time for, unless something more urgent is wanted of it: then it is parked, and comes
    /// back when its turn comes again.
    private mutating func wait(
        _ duration: Duration, _ run: Run, in slot: Slot, _ progress: inout Progress
    ) -> Bool {
        let id = run.id
        let due = run.due ?? progress.now + duration
        if isStopping {
            // It can take minutes; the journal knows of it, and the next start looks again.
            drop(id, in: slot)
        } else if due <= progress.now {
            runs[id]?.didWait(now: progress.now)
        } else if queues.hasMoreUrgent(than: run.priority, at: slot.bmc) {
            runs[id]?.due = due
            slots[id] = nil
            parked[run.key] = id
            turns[slot]?.index += 1
            queues.add(run.key, at: slot.bmc, priority: run.priority, now: progress.now)
        } else {
            runs[id]?.due = due
            turns[slot]?.isWaiting = true
            progress.effects.append(.wake(id, after: due - progress.now))
            meterMeanwhile(in: slot, &progress)
            return false
        }
        return true
    }

    private mutating func drop(_ id: RunID, in slot: Slot) {
        runs[id] = nil
        slots[id] = nil
        turns[slot]?.index += 1
    }
}
