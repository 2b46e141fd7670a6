import Inventory
import Journal
import PowerEvents
import StrictJSON

@testable import Agent
@testable import Shedding

/// The agent's process: the real ``Shedding/Book``, ``Shedding/Convergence``, catch-up, lanes and commit queue, performed
/// in virtual time as the `Enforcer` performs them on threads. It dies without a word, and another one starts.
final class VirtualAgent {
    private unowned let world: World
    private(set) var book: Book
    private(set) var isAlive = true
    private var catchUp = CatchUp()
    private var lanes: [BMC.Address: Lane] = [:]
    private var running: Set<BMC.Address> = []
    private var lanesToStart: [BMC.Address]? = []
    private var commits = CommitQueue<(Bool) -> Void>()
    /// Batches that are not durable yet.
    private var undecided = 0
    private var nextTick: Timestamp?
    /// What the wall clock said at the start, apart from the time that has passed.
    private let clockOffset: Duration

    init(_ world: World, policy: Policy) throws {
        self.world = world
        clockOffset = world.wallOffset
        let contents = try world.journal.load()
        book = Book(
            site: HistorySite.site, policy: policy, breaches: contents.breaches, controls: contents.controls,
            isFrozen: contents.isFrozen)
        catchUp.begin(now: now)
        resume(contents.inbox[...])
    }

    func die() { isAlive = false }

    /// Whether nothing is on its way to the disk, and nothing can become due.
    var isAtRest: Bool { undecided == 0 && catchUp.isEmpty && book.isIdle }

    private var now: Timestamp { world.time.now + clockOffset }

    /// Something this process does a little later, if it lives to see it.
    private func later(_ delay: Duration, _ run: @escaping () -> Void) {
        world.time.after(delay) { [self] in
            guard isAlive, world.mayGoOn() else { return }
            run()
            planTick()
        }
    }

    private func resume(_ backlog: ArraySlice<InboxAlert>) {
        guard let alert = backlog.first else {
            return settle(JournalBatch(), book.resume(now: now)) { [self] in
                let waiting = lanesToStart ?? []
                lanesToStart = nil
                for address in waiting { startLane(address) }
            }
        }
        take(alert) { [self] in resume(backlog.dropFirst()) }
    }

    // MARK: Alerts

    /// - Returns: false where the journal could not take it, and the broker keeps it
    func receive(_ alert: AcceptedAlert) -> Bool {
        guard !world.isDiskBad else { return false }
        guard let item = try? world.journal.receive(alert) else {
            var batch = JournalBatch()
            batch.repeated = [alert.breachID]
            later(.zero) { [self] in settle(batch, []) }
            return true
        }
        later(.zero) { [self] in take(item) }
        return true
    }

    func brokerIsReady() {
        catchUp.begin(now: now)
        var batch = JournalBatch()
        batch.repeated = book.openBreaches
        settle(batch, [])
    }

    private func take(_ item: InboxAlert, then: @escaping () -> Void = {}) {
        if catchUp.gather(item, wall: world.wall, now: now) { return then() }
        act(on: item, then: then)
    }

    private func act(on item: InboxAlert, then: @escaping () -> Void = {}) {
        var batch = JournalBatch()
        batch.handled = [item.sequence]
        guard let alert = item.alert.breachAlert else { return settle(batch, [], then: then) }
        if let objection = book.objection(to: alert, source: item.alert.source, now: item.alert.receivedAt) {
            world.model.refused(alert, objection)
            if !objection.isFinal { batch.forgotten = [item.alert.mark] }
            return settle(batch, [], then: then)
        }
        world.accepting[item.sequence] = alert
        if book.isRepetition(alert) {
            batch.repeated = [alert.breachID]
            return settle(batch, [], then: then)
        }
        let origin = Breach.Origin(
            source: item.alert.source, trace: item.alert.trace, correlationID: item.alert.correlationID)
        settle(batch, book.accept(alert, origin: origin, now: now), then: then)
    }

    // MARK: The operator

    func freeze() {
        book.freeze()
        settle(JournalBatch(), [])
    }

    func thaw() { settle(JournalBatch(), book.thaw(now: now)) }

    func release(_ breach: UUIDText) { settle(JournalBatch(), book.release(breach, now: now)) }

    // MARK: Time

    private func planTick() {
        guard isAlive else { return }
        let due = [book.nextDue, catchUp.isEmpty ? nil : now + .milliseconds(100)].compactMap { $0 }.min()
        guard let due else { return }
        // Ten times a second is the grain of the real one.
        let at = max(due, now + .milliseconds(100))
        guard nextTick.map({ at < $0 || $0 < now }) ?? true else { return }
        nextTick = at
        later(at - now) { [self] in
            guard nextTick == at else { return }
            nextTick = nil
            tick()
        }
    }

    private func tick() {
        if let (alerts, overtaken) = catchUp.drain(now: now) {
            for alert in overtaken {
                var batch = JournalBatch()
                batch.handled = [alert.sequence]
                settle(batch, [])
            }
            for alert in alerts { act(on: alert) }
        }
        settle(JournalBatch(), book.tick(now: now))
    }

    // MARK: Acting

    private func settle(_ batch: JournalBatch, _ actions: [Action], then: @escaping () -> Void = {}) {
        var batch = batch
        batch.changes = book.takeChanges()
        for case .report(let report) in actions { batch.reports.append([world.compose(report)]) }
        // Convergences look while the disk is at work, as those of the real one do.
        for case .converge(let key, let priority) in actions {
            guard let address = book.controls[key]?.entry.bmc.address else { continue }
            lanes[address, default: Lane()].add(key, priority: priority)
            startLane(address)
        }
        commit(batch, .untilDone) { [self] _ in
            if !batch.reports.isEmpty || !batch.repeated.isEmpty { later(.zero) { [self] in world.publish(by: self) } }
            then()
        }
    }

    private func commit(
        _ batch: JournalBatch, _ patience: CommitQueue<(Bool) -> Void>.Patience, then: @escaping (Bool) -> Void
    ) {
        if batch.isEmpty { return then(true) }
        undecided += 1
        let ticket = { [self] (isDurable: Bool) in
            undecided -= 1
            then(isDurable)
        }
        if commits.add(.init(batch, patience, ticket: ticket)) { later(.zero) { [self] in flush() } }
    }

    private func flush() {
        let group = commits.take()
        if group.isEmpty { return }
        // The disk takes its time, and meanwhile more comes in.
        later(.milliseconds(3)) { [self] in
            if world.write(group.map(\.batch), now: now) {
                later(.zero) { [self] in
                    for item in group { item.ticket(true) }
                    flush()
                }
            } else {
                for item in commits.putBack(group) { item.ticket(false) }
                later(.milliseconds(commits.isEmpty ? 0 : 400)) { [self] in flush() }
            }
        }
    }

    private func startLane(_ address: BMC.Address) {
        guard lanes[address] != nil, !running.contains(address) else { return }
        guard lanesToStart == nil else {
            lanesToStart?.append(address)
            return
        }
        running.insert(address)
        later(.zero) { [self] in runLane(address) }
    }

    private func runLane(_ address: BMC.Address) {
        guard case .control(let key, _)? = lanes[address]?.next() else {
            lanes[address] = nil
            running.remove(address)
            return
        }
        let next = { [self] in later(.zero) { [self] in runLane(address) } }
        let (assignment, actions) = book.begin(key, now: now)
        guard let assignment else { return settle(JournalBatch(), actions, then: next) }
        perform(assignment.convergence.started, assignment.revision, next)
    }

    private func perform(_ state: (Convergence, Convergence.Step), _ revision: Int, _ next: @escaping () -> Void) {
        var (convergence, step) = state
        let key = convergence.entry.key
        switch step {
        case .read:
            world.read(convergence.entry) { [self] delay, result in
                later(delay) { [self] in
                    step = convergence.didRead(result, now: now)
                    perform((convergence, step), revision, next)
                }
            }
        case .record:
            if let refusal = book.permitRecord(convergence.entry, revision: revision) {
                step = convergence.didNotRecord(refusal)
                return perform((convergence, step), revision, next)
            }
            var batch = JournalBatch()
            batch.changes.controls = [(convergence.entry, book.controls[key]?.outcome)]
            commit(batch, .once) { [self] isDurable in
                if isDurable { book.willWrite(convergence.entry) }
                step =
                    isDurable
                    ? convergence.didRecord() : convergence.didNotRecord(.failed(.journalCannotRecord("no journal")))
                perform((convergence, step), revision, next)
            }
        case .write(let write):
            if let refusal = book.permit(key, revision: revision) {
                return perform((convergence, convergence.didNotWrite(refusal)), revision, next)
            }
            world.write(write, convergence.entry) { [self] delay, result in
                later(delay) { [self] in
                    step = convergence.didWrite(result, now: now)
                    perform((convergence, step), revision, next)
                }
            }
        case .wait(let duration):
            later(duration) { [self] in
                step = convergence.didWait(now: now)
                perform((convergence, step), revision, next)
            }
        case .finish(let outcome):
            settle(
                JournalBatch(),
                book.finish(key, entry: convergence.entry, outcome: outcome, revision: revision, now: now), then: next)
        }
    }
}

extension Convergence {
    /// This convergence, begun.
    fileprivate var started: (Convergence, Step) {
        var copy = self
        let step = copy.start()
        return (copy, step)
    }
}
