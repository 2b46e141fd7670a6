import PowerEvents
import Shedding
import Site

/// The agent's process: the agent's ``Core`` under a shell that performs its effects in virtual time. It dies without a
/// word, and another one starts.
final class VirtualAgent {
    private unowned let world: World
    private(set) var core: Core
    private(set) var isAlive = true
    /// Which of the processes it is.
    let life: Int
    /// What is to become durable, in this order.
    private var waiting: [Batch] = []
    private var isFlushing = false
    /// Batches that are not durable yet.
    private var undecided = 0
    private var nextTick: Timestamp?
    /// What the steady clock says beyond the time that has passed.
    private var clockOffset: Duration
    /// What became durable is a command.
    private var commands: [BatchID: Command] = [:]

    init(_ world: World, life: Int) {
        self.world = world
        self.life = life
        clockOffset = world.wallOffset
        core = Core(
            site: world.site, policy: world.policy, mode: world.mode, contents: world.disk.contents,
            bounds: world.history.bounds)
    }

    func start() { step(.started) }

    func die() { isAlive = false }

    /// Whether nothing is on its way to the disk, and nothing can become due.
    var isAtRest: Bool { undecided == 0 && core.isIdle }

    var now: Timestamp { world.time.now + clockOffset }

    func leap(_ duration: Duration) {
        clockOffset += duration
        nextTick = nil
        planTick()
    }

    /// Something this process does a little later, if it lives to see it.
    private func later(_ delay: Duration, _ run: @escaping () -> Void) {
        world.time.after(delay) { [self] in
            guard isAlive, world.mayGoOn() else { return }
            run()
        }
    }

    // MARK: What happens

    /// - Returns: false where the journal could not take it, and the broker keeps it
    func receive(_ alert: ReceivedAlert) -> Bool {
        guard !world.isDiskBad, let breach = alert.alert?.breachID else { return false }
        let input = world.receive(alert).map(Input.alert) ?? .repeated(breach)
        later(.zero) { [self] in step(input) }
        return true
    }

    func brokerIsReady() {
        step(.connected)
        step(.subscribed)
    }

    func command(_ command: Command) { step(.command(command)) }

    func reload() { step(.reloaded(world.site, world.policy, world.mode)) }

    // MARK: Performing

    private func step(_ input: Input) {
        guard isAlive else { return }
        let ready = core.step(input, at: Moment(steady: now, wall: world.wall))
        if case .command(let command) = input, ready.answer == .done {
            world.heard(command)
            if let batch = ready.batches.first { commands[batch.id] = command }
        }
        world.lookAtDrills()
        for effect in ready.effectsNow { perform(effect) }
        for batch in ready.batches { keep(batch) }
        if ready.isUnfinished { later(.milliseconds(1)) { [self] in step(.proceed) } }
        planTick()
    }

    private func perform(_ effect: Effect) {
        switch effect {
        case .read(let order):
            world.read(order, by: self) { [self] delay, result, arrived in
                later(delay) { [self] in
                    arrived()
                    step(.read(order.id, result))
                }
            }
        case .write(let order):
            world.write(order, by: self) { [self] delay, results in
                later(delay) { [self] in step(.wrote(order.id, results)) }
            }
        case .wake(let id, let delay): later(delay) { [self] in step(.woke(id)) }
        case .visit(let order):
            visit(order.resource) { [self] in step(.visited(order.id, world.sight(of: order.resource))) }
        case .meter(let order):
            visit(order.machines.first?.resource) { [self] in
                step(.metered(order.id, world.sight(of: order.machines.map(\.resource))))
            }
        case .endVisit: break
        case .rest(_, let slot): later(.zero) { [self] in step(.rested(slot)) }
        case .publish: later(.zero) { [self] in world.publish(by: self) }
        case .tell(.accepted(let received, let alert)): world.heard(received, alert)
        case .tell: break
        }
    }

    private func visit(_ resource: Resource?, _ then: @escaping () -> Void) {
        let node = resource.map { HistorySite.node(of: $0.id) } ?? ""
        world.view.visited.insert(node)
        later(.milliseconds(20)) { [self] in
            world.view.visited.remove(node)
            then()
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
        world.decided(batch.records)
        undecided += 1
        waiting.append(batch)
        if isFlushing { return }
        isFlushing = true
        later(.zero) { [self] in flush() }
    }

    private func flush() {
        let group = waiting
        waiting = []
        if group.isEmpty {
            isFlushing = false
            return
        }
        // The disk takes its time, and meanwhile more comes in.
        later(world.commitTime) { [self] in
            if world.isDiskBad {
                // What has happened already stays first in line; an intent is given up.
                waiting = group.filter { $0.patience == .untilDone } + waiting
                for batch in group where batch.patience == .once && isAlive { decide(batch, isDurable: false) }
                later(.milliseconds(waiting.isEmpty ? 0 : 400)) { [self] in flush() }
                return
            }
            for batch in group { world.write(batch.records, command: commands.removeValue(forKey: batch.id)) }
            later(.zero) { [self] in
                for batch in group where isAlive { decide(batch, isDurable: true) }
                flush()
            }
        }
    }

    private func decide(_ batch: Batch, isDurable: Bool) {
        undecided -= 1
        if isDurable {
            for effect in batch.effectsAfter { perform(effect) }
            step(.durable(batch.id))
        } else {
            step(.notDurable(batch.id, reason: "bad disk"))
        }
    }
}
