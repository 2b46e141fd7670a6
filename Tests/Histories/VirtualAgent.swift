import PowerEvents
import Shedding
import Site

/// The agent's process: the agent's ``Core`` under a shell that performs its effects in virtual time. It dies without a
/// word, and another one starts.
final class VirtualAgent {
    private unowned let world: World
    private(set) var core: Core
    private(set) var isAlive = true
    private var isLost = false
    /// Which of the processes it is.
    let life: Int
    /// Of several agents, the one that it is.
    private(set) weak var member: VirtualMember?
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
    /// What else is to be in the log that several agents share.
    private var items: [VirtualEtcd.Item] = []

    init(_ world: World, life: Int, of member: VirtualMember? = nil) {
        self.world = world
        self.life = life
        self.member = member
        clockOffset = world.wallOffset + (member?.clockOffset ?? .zero)
        core = Core(
            site: world.site, policy: world.policy, mode: world.mode,
            contents: member?.disk.contents ?? world.disk.contents,
            bounds: world.history.bounds)
    }

    func start(isTakeover: Bool) {
        if let member { renew(until: member.deadline) }
        if let shards = world.cluster?.etcd.shards { learn(shards) }
        if isTakeover { step(.takenOver(Standby.bounds)) }
        step(.started)
    }

    func learn(_ shards: VirtualShards) { step(.elsewhere(shards.elsewhere, counted: shards.counted)) }

    func renew(until time: Timestamp) { step(.lease(until: time + clockOffset)) }

    /// From now on its core has nothing to say, whatever comes back to it.
    func loseLease() {
        step(.leaseLost)
        isLost = true
    }

    func stop() { step(.stopping) }

    func die() { isAlive = false }

    /// Whether nothing is on its way to the disk, and nothing can become due.
    var isAtRest: Bool { undecided == 0 && items.isEmpty && core.isIdle }

    /// Whether all that was begun is over, and durable.
    var isStopped: Bool { undecided == 0 && items.isEmpty && !isFlushing && core.isAtRest }

    var now: Timestamp { world.time.now + clockOffset }

    func leap(_ duration: Duration) {
        clockOffset += duration
        nextTick = nil
        planTick()
    }

    /// Something this process does a little later, if it lives to see it.
    func later(_ delay: Duration, _ run: @escaping () -> Void) {
        world.time.after(delay) { [self] in goOn(run) }
    }

    private func goOn(_ run: @escaping () -> Void) {
        guard isAlive else { return }
        if let member, member.isStopped(before: { [self] in goOn(run) }) { return }
        // Only what the agent does that leads is counted.
        guard !world.isCurrent(self) || world.mayGoOn() else { return }
        run()
    }

    // MARK: What happens

    /// - Returns: false where the journal could not take it, and the broker keeps it
    func receive(_ alert: ReceivedAlert) -> Bool {
        guard !world.isDiskBad, let breach = alert.alert?.breachID else { return false }
        let input = world.receive(alert).map(Input.alert) ?? .repeated(breach)
        later(.zero) { [self] in step(input) }
        return true
    }

    /// Takes an alert in, once the log has it.
    func keep(_ alert: ReceivedAlert) { keep(.received(alert, at: world.wall)) }

    /// - Parameter received: as the inbox has it; nil where it was seen before
    func didKeep(_ alert: ReceivedAlert, _ received: ReceivedAlert?) {
        guard let breach = alert.alert?.breachID else { return }
        step(received.map(Input.alert) ?? .repeated(breach))
    }

    func didPublish(_ ids: Set<UInt64>) { keep(.published(ids, at: world.wall)) }

    func brokerIsReady() {
        step(.connected)
        step(.subscribed)
    }

    func command(_ command: Command) { step(.command(command)) }

    func reload() { step(.reloaded(world.site, world.policy, world.mode)) }

    // MARK: Performing

    private func step(_ input: Input) {
        guard isAlive else { return }
        if let member, member.isPaused { return member.postpone { [self] in step(input) } }
        let ready = core.step(input, at: Moment(steady: now, wall: world.wall))
        if isLost, !ready.effectsNow.isEmpty || !ready.batches.isEmpty {
            world.fail("member \(member?.id ?? 0) goes on after it has lost its lease")
        }
        if case .command(let command) = input, ready.answer == .done {
            if world.isCurrent(self) { world.heard(command) }
            if let batch = ready.batches.first { commands[batch.id] = command }
        }
        if world.isCurrent(self) { world.lookAtDrills() }
        for effect in ready.effectsNow { perform(effect) }
        for batch in ready.batches { keep(batch) }
        if ready.isUnfinished { later(.milliseconds(1)) { [self] in step(.proceed) } }
        planTick()
    }

    private func perform(_ effect: Effect) {
        switch effect {
        case .read(let order) where !world.isCurrent(self) || member?.isCutFromBMCs == true:
            readAside(order)
        case .read(let order):
            world.read(order, by: self) { [self] delay, result, arrived in
                later(delay) { [self] in
                    if world.isCurrent(self) { arrived() }
                    step(.read(order.id, result))
                }
            }
        case .write(let order):
            world.write(order, by: self) { [self] delay, results in
                later(delay) { [self] in step(.wrote(order.id, results)) }
            }
        case .wake(let id, let delay): later(delay) { [self] in step(.woke(id)) }
        case .visit(let order):
            visit(order.resource) { [self] in
                step(.visited(order.id, canLook ? world.sight(of: order.resource) : Sight()))
            }
        case .meter(let order):
            visit(order.machines.first?.resource) { [self] in
                step(.metered(order.id, canLook ? world.sight(of: order.machines.map(\.resource)) : Sight()))
            }
        case .endVisit: break
        case .claim(let claim): member?.claim(claim) { [self] grant in step(.claimed(grant)) }
        case .rest(_, let slot): later(.zero) { [self] in step(.rested(slot)) }
        case .publish:
            later(.zero) { [self] in
                if let member { member.publish() } else { world.publish(by: self) }
            }
        case .tell(.accepted(let received, let alert)) where world.isCurrent(self): world.heard(received, alert)
        case .tell: break
        }
    }

    /// Whether what it sees is what the agent sees that leads.
    private var canLook: Bool { world.isCurrent(self) && member?.isCutFromBMCs != true }

    /// A read of which nobody learns, or that gets nowhere.
    private func readAside(_ order: ReadOrder) {
        if member?.isCutFromBMCs == true {
            if world.isCurrent(self) { world.checkOrder(of: order) }
            return later(.seconds(5)) { [self] in
                step(.read(order.id, .failure(BMCFault(.unreachable, "no route"))))
            }
        }
        world.readAside(order) { [self] delay, result in
            later(delay) { [self] in step(.read(order.id, result)) }
        }
    }

    private func visit(_ resource: Resource?, _ then: @escaping () -> Void) {
        guard world.isCurrent(self) else { return later(.milliseconds(20)) { then() } }
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
        if world.isCurrent(self) { world.decided(batch.records) }
        undecided += 1
        waiting.append(batch)
        startFlushing()
    }

    private func keep(_ item: VirtualEtcd.Item) {
        items.append(item)
        startFlushing()
    }

    private func startFlushing() {
        if isFlushing { return }
        isFlushing = true
        later(.zero) { [self] in if let member { flush(to: member) } else { flush() } }
    }

    /// Into the log, in order, one append after the other.
    private func flush(to member: VirtualMember) {
        if isLost { return }
        let (group, others) = (waiting, items)
        (waiting, items) = ([], [])
        if group.isEmpty, others.isEmpty {
            isFlushing = false
            return
        }
        let batches = group.map { VirtualEtcd.Item.records($0.records, commands[$0.id], at: world.wall) }
        member.append(others + batches) { [self] isDurable in
            guard isAlive, !isLost else { return }
            guard isDurable else {
                items = others + items
                waiting = group.filter { $0.patience == .untilDone } + waiting
                for batch in group where batch.patience == .once && isAlive { decide(batch, isDurable: false) }
                return later(.milliseconds(400)) { [self] in flush(to: member) }
            }
            for batch in group where isAlive { decide(batch, isDurable: true) }
            flush(to: member)
        }
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
