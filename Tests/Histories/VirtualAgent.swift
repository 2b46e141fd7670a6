import Journal
import PowerEvents
import Shedding
import Site
import StrictJSON

/// The agent's process: the agent's ``Core`` under a shell that performs its effects in virtual time. It dies without a
/// word, and another one starts.
final class VirtualAgent {
    private unowned let world: World
    private(set) var core: Core
    private(set) var isAlive = true
    private var commits = CommitQueue<(Bool) -> Void>()
    /// Batches that are not durable yet.
    private var undecided = 0
    private var nextTick: Timestamp?
    /// What the wall clock said at the start, apart from the time that has passed.
    private let clockOffset: Duration

    init(_ world: World, policy: Policy) throws {
        self.world = world
        clockOffset = world.wallOffset
        core = Core(
            site: HistorySite.site, policy: policy, contents: try world.journal.load().core,
            bounds: Bounds(slots: world.history.slots, visits: 4))
    }

    func start() { step(.started) }

    func die() { isAlive = false }

    /// Whether nothing is on its way to the disk, and nothing can become due.
    var isAtRest: Bool { undecided == 0 && core.isIdle }

    private var now: Timestamp { world.time.now + clockOffset }

    /// Something this process does a little later, if it lives to see it.
    private func later(_ delay: Duration, _ run: @escaping () -> Void) {
        world.time.after(delay) { [self] in
            guard isAlive, world.mayGoOn() else { return }
            run()
        }
    }

    // MARK: What happens

    /// - Returns: false where the journal could not take it, and the broker keeps it
    func receive(_ alert: AcceptedAlert) -> Bool {
        guard !world.isDiskBad else { return false }
        let input: Input =
            if let item = try? world.journal.receive(alert) { .alert(item.received) } else { .repeated(alert.breachID) }
        later(.zero) { [self] in step(input) }
        return true
    }

    func brokerIsReady() {
        step(.connected)
        step(.subscribed)
    }

    func command(_ command: Command) { step(.command(command)) }

    // MARK: Performing

    private func step(_ input: Input) {
        guard isAlive else { return }
        let ready = core.step(input, at: Moment(steady: now, wall: world.wall))
        for effect in ready.effectsNow { perform(effect) }
        for batch in ready.batches { keep(batch) }
        if ready.isUnfinished { later(.milliseconds(1)) { [self] in step(.proceed) } }
        planTick()
    }

    private func perform(_ effect: Effect) {
        switch effect {
        case .read(let order):
            world.read(order.entry) { [self] delay, result in later(delay) { [self] in step(.read(order.id, result)) } }
        case .write(let order):
            var results: [Result<Void, BMCFault>] = []
            for change in order.changes {
                world.write(change.write, change.entry) { [self] delay, result in
                    results.append(result)
                    guard results.count == order.changes.count else { return }
                    later(delay) { [self] in step(.wrote(order.id, results)) }
                }
            }
        case .wake(let id, let delay): later(delay) { [self] in step(.woke(id)) }
        case .visit(let order): later(.milliseconds(20)) { [self] in step(.visited(order.id, isSeen: true)) }
        case .endVisit: break
        case .rest(_, let slot): later(.zero) { [self] in step(.rested(slot)) }
        case .publish: later(.zero) { [self] in world.publish(by: self) }
        case .tell(.accepted(let received, let alert)): world.accepting[received.sequence] = alert
        case .tell: break
        }
    }

    /// Ten times a second is the grain of the real one.
    private func planTick() {
        guard isAlive, let due = core.nextDue(now: now) else { return }
        let at = max(due, now + .milliseconds(100))
        guard nextTick.map({ at < $0 || $0 < now }) ?? true else { return }
        nextTick = at
        later(at - now) { [self] in
            guard nextTick == at else { return }
            nextTick = nil
            step(.time)
        }
    }

    // MARK: The disk

    private func keep(_ batch: Batch) {
        var records = JournalBatch()
        records.changes = batch.records.changes
        records.handled = batch.records.handled
        records.forgotten = batch.records.forgotten
        records.repeated = batch.records.repeated
        for (received, objection) in batch.records.refused {
            if let alert = received.alert { world.model.refused(alert, objection) }
        }
        for report in batch.records.reports { records.reports.append([world.compose(report)]) }
        undecided += 1
        let ticket = { [self] (isDurable: Bool) in
            undecided -= 1
            if isDurable {
                for effect in batch.effectsAfter { perform(effect) }
                step(.durable(batch.id))
            } else {
                step(.notDurable(batch.id, reason: "bad disk"))
            }
        }
        if commits.add(.init(records, batch.patience == .once ? .once : .untilDone, ticket: ticket)) {
            later(.zero) { [self] in flush() }
        }
    }

    private func flush() {
        let group = commits.take()
        if group.isEmpty { return }
        // The disk takes its time, and meanwhile more comes in.
        later(.milliseconds(3)) { [self] in
            if world.write(group.map(\.batch), now: now) {
                later(.zero) { [self] in
                    for item in group where isAlive { item.ticket(true) }
                    flush()
                }
            } else {
                for item in commits.putBack(group) { item.ticket(false) }
                later(.milliseconds(commits.isEmpty ? 0 : 400)) { [self] in flush() }
            }
        }
    }
}
