import PowerEvents
import Shedding

/// One of the agents that share a site: a machine with a clock, a copy of the journal and sessions at the broker, on which a
/// process runs, follows the log, and leads when it is its turn.
final class VirtualMember {
    let id: Int
    private unowned let cluster: VirtualCluster
    private unowned let world: World
    /// What its clock says beyond the site's.
    let clockOffset: Duration
    /// Of all the log that it has applied.
    private(set) var disk = VirtualDisk()
    private(set) var applied = 0
    /// What the broker keeps for it, and since when.
    private(set) var kept: [(alert: ReceivedAlert, at: Timestamp, isOnItsWay: Bool)] = []

    private(set) var isRunning = false
    /// What happens to another process than the one that it was meant for does not happen.
    private var process = 0
    private(set) var isPaused = false
    private var postponed: [() -> Void] = []
    /// Before which of the things that it does its process is stopped, and for how long.
    var pauseAt: (step: Int, duration: Duration)?
    var cutFromStoreUntil: Timestamp?
    var loseAnswersUntil: Timestamp?
    var cutFromBMCsUntil: Timestamp?

    /// The agent, while it leads.
    private(set) var agent: VirtualAgent?
    private(set) var term: Int?
    /// When its right to write ends.
    private(set) var deadline = Timestamp(milliseconds: 0)
    /// Whether it hands over, and until when it does not campaign afterwards.
    private var isYielding = false
    private var waitsUntil: Timestamp?
    /// Whose term it waits to end.
    private var seenTerm = 0

    init(_ id: Int, of cluster: VirtualCluster, in world: World, clockOffset: Duration) {
        self.id = id
        self.cluster = cluster
        self.world = world
        self.clockOffset = clockOffset
    }

    var isLeading: Bool { isRunning && !isPaused && agent != nil }

    /// Whether it may write at this very moment: looked at last before a request goes out.
    var isFenceOpen: Bool { term != nil && world.time.now < deadline }

    // MARK: The process

    func start() {
        guard !isRunning else { return }
        isRunning = true
        process += 1
        later(.milliseconds(50)) { [self] in follow() }
    }

    func kill(down: Duration) {
        guard isRunning else { return }
        world.note("member \(id) is killed")
        isRunning = false
        isPaused = false
        postponed = []
        process += 1
        agent?.die()
        stopLeading()
        world.time.after(down + .milliseconds(50)) { [self] in start() }
    }

    func pause(for duration: Duration) {
        guard isRunning, !isPaused else { return }
        world.note("member \(id) is stopped")
        isPaused = true
        let process = process
        world.time.after(duration) { [self] in if process == self.process { goOn() } }
    }

    func goOn() {
        guard isPaused else { return }
        world.note("member \(id) goes on")
        isPaused = false
        let runs = postponed
        postponed = []
        // What came in meanwhile is worked off in its order.
        for run in runs { postpone(run) }
        postpone { [self] in hand() }
    }

    /// Does it at once, or when the process goes on.
    func postpone(_ run: @escaping () -> Void) {
        if isPaused { return postponed.append(run) }
        let process = process
        world.time.after(.zero) { [self] in
            guard process == self.process else { return }
            if isPaused { postponed.append(run) } else { run() }
        }
    }

    /// Something this process does a little later, if it lives to see it.
    func later(_ delay: Duration, _ run: @escaping () -> Void) {
        let process = process
        world.time.after(delay) { [self] in
            guard process == self.process else { return }
            if isPaused { postponed.append(run) } else { run() }
        }
    }

    /// Whether the process is stopped before what it was about to do, which it then does afterwards.
    func isStopped(before run: @escaping () -> Void) -> Bool {
        if let stop = pauseAt, world.steps >= stop.step {
            pauseAt = nil
            pause(for: stop.duration)
        }
        if isPaused { postponed.append(run) }
        return isPaused
    }

    // MARK: The store

    private func isCut(_ until: Timestamp?) -> Bool { until.map { world.time.now < $0 } ?? false }

    var isCutFromBMCs: Bool { isCut(cutFromBMCsUntil) }

    /// Asks the store. - Parameter then: with nil where there was no answer in time
    private func ask<Answer>(_ execute: @escaping (inout VirtualEtcd) -> Answer, then: @escaping (Answer?) -> Void) {
        var isAnswered = false
        let answer = { (answer: Answer?) in
            if isAnswered { return }
            isAnswered = true
            then(answer)
        }
        later(Standby.requestTimeout) { answer(nil) }
        if isCut(cutFromStoreUntil) { return }
        world.time.after(cluster.delay()) { [self] in
            guard cluster.etcd.isThere(world.time.now) else { return }
            let result = execute(&cluster.etcd)
            if isCut(cutFromStoreUntil) || isCut(loseAnswersUntil) { return }
            later(cluster.delay()) { answer(result) }
        }
    }

    // MARK: Following

    private func follow() {
        guard term == nil else { return }
        ask({ [applied] etcd in (Array(etcd.log.dropFirst(applied)), from: applied, etcd.leader) }) { [self] answer in
            guard term == nil else { return }
            guard let (entries, from, leader) = answer else { return later(Standby.pollEvery) { [self] in follow() } }
            apply(entries, from: from)
            if let leader {
                if leader.term != seenTerm { waitsUntil = nil }
                seenTerm = leader.term
                let now = world.time.now
                kept.removeAll { now - $0.at > Standby.keepAlertsFor }
            } else if waitsUntil.map({ world.time.now >= $0 }) ?? true {
                return campaign()
            }
            later(Standby.pollEvery) { [self] in follow() }
        }
    }

    private func apply(_ entries: [VirtualEtcd.Entry], from: Int) {
        for (index, entry) in entries.enumerated() where from + index == applied {
            applied += 1
            for item in entry.items { apply(item) }
        }
    }

    /// - Returns: for an alert, what the inbox has of it; nil where it was seen before
    @discardableResult
    private func apply(_ item: VirtualEtcd.Item) -> ReceivedAlert? {
        switch item {
        case .received(let alert, let at):
            let received = disk.receive(alert, now: at)
            kept.removeAll { $0.alert.mark == alert.mark && !$0.isOnItsWay }
            return received
        case .records(let records, _, let at): disk.write(records, now: at)
        case .published(let ids, let at): disk.markPublished(ids, now: at)
        }
        return nil
    }

    private func campaign() {
        let sent = world.time.now
        let id = id
        ask({ etcd in etcd.campaign(id, self.world.time.now) }) { [self] answer in
            guard let given = answer, let new = given else { return later(Standby.pollEvery) { [self] in follow() } }
            term = new
            deadline = sent + Standby.ttl - Standby.margin
            seenTerm = new
            keepAlive()
            begin(nonce: cluster.newNonce())
        }
    }

    /// Closes the log to whoever led before, and reads it to its end.
    private func begin(nonce: Int) {
        guard let term else { return }
        let mine = VirtualEtcd.Entry(nonce: nonce, term: term, items: [])
        ask({ [applied] etcd in
            (etcd.append(mine), Array(etcd.log.dropFirst(applied)), from: applied, etcd.log.dropLast().last)
        }) { [self] answer in
            guard self.term == term else { return }
            guard let (result, entries, from, last) = answer else { return begin(nonce: nonce) }
            guard result == .done else { return lose() }
            // Stopped over this for long, it leads no more, as its next keepalive tells it; its fence is shut until then.
            guard cluster.etcd.holder(world.time.now) == term else { return lose() }
            apply(entries, from: from)
            // Nothing of a term that ended in order is on its way.
            let isTakeover = last.map { !$0.isEnd } ?? false
            agent = world.beginTerm(of: self, isTakeover: isTakeover)
            if world.isBrokerUp { connect() }
        }
    }

    // MARK: Leading

    private func keepAlive() {
        guard let term else { return }
        let sent = world.time.now
        later(Standby.keepAliveEvery) { [self] in keepAlive() }
        ask({ etcd in etcd.keepAlive(term, self.world.time.now) }) { [self] answer in
            guard self.term == term, let lives = answer else { return }
            guard lives else { return lose() }
            deadline = max(deadline, sent + Standby.ttl - Standby.margin)
            agent?.renew(until: deadline)
        }
    }

    /// Another may lead.
    private func lose() {
        world.note("member \(id) has lost its lease")
        stopLeading()
        later(Standby.pollEvery) { [self] in follow() }
    }

    private func stopLeading() {
        term = nil
        isYielding = false
        agent?.loseLease()
        agent = nil
        for index in kept.indices { kept[index].isOnItsWay = false }
    }

    /// What the agent wants durable is, once the store says so.
    ///
    /// - Parameter then: whether it is; `false` where it is known not to be
    func append(_ items: [VirtualEtcd.Item], then: @escaping (Bool) -> Void) {
        if isCut(cutFromStoreUntil) { return later(.milliseconds(5)) { then(false) } }
        append(items, nonce: cluster.newNonce(), then: then)
    }

    private func append(_ items: [VirtualEtcd.Item], nonce: Int, then: @escaping (Bool) -> Void) {
        guard let term else { return }
        let entry = VirtualEtcd.Entry(nonce: nonce, term: term, items: items)
        ask({ [world] etcd in
            let isNew = !etcd.log.contains { $0.nonce == nonce }
            let result = etcd.append(entry)
            if isNew, result == .done { world.commit(items) }
            return (result, etcd.log.firstIndex { $0.nonce == nonce })
        }) { [self] answer in
            guard self.term == term else { return }
            // It may have been done all the same.
            guard let (result, index) = answer else { return append(items, nonce: nonce, then: then) }
            guard result == .done else { return lose() }
            if index != applied { world.fail("member \(id) leads and has not applied all before its entry") }
            applied += 1
            for item in items {
                let received = apply(item)
                if case .received(let alert, _) = item { didReceive(alert, received) }
            }
            then(true)
        }
    }

    /// Has the site count what the agent has down.
    func claim(_ claim: SuspensionClaim, tries: Int = 0, then: @escaping (SuspensionGrant?) -> Void) {
        guard let term else { return }
        ask({ [world] etcd in
            let answer = etcd.claim(claim, term)
            world.checkCounted(etcd.shards?.counted)
            return answer
        }) { [self] answer in
            guard self.term == term else { return }
            switch answer {
            case .counted(let grant): then(grant)
            case .fenced: lose()
            // Where it may write and is not answered, it goes on without.
            case nil where tries >= 5 && isFenceOpen: then(nil)
            case nil: self.claim(claim, tries: tries + 1, then: then)
            }
        }
    }

    func yield() {
        guard isLeading, let agent, !isYielding else { return }
        world.note("member \(id) hands over")
        isYielding = true
        agent.stop()
        endInOrder()
    }

    private func endInOrder() {
        guard let term, let agent, isYielding else { return }
        guard agent.isStopped else { return later(.milliseconds(100)) { [self] in endInOrder() } }
        let entry = VirtualEtcd.Entry(nonce: cluster.newNonce(), term: term, items: [], isEnd: true)
        ask({ etcd in
            let result = etcd.append(entry)
            etcd.revoke(term)
            return result
        }) { [self] answer in
            guard self.term == term else { return }
            if answer == .done { waitsUntil = world.time.now + Standby.ttl * 3 }
            lose()
        }
    }

    // MARK: The broker

    func connect() {
        guard isLeading, let agent else { return }
        agent.brokerIsReady()
        hand()
        publish()
    }

    func deliver(_ alert: ReceivedAlert) {
        if disk.hasSeen(alert.mark), agent == nil { return }
        kept.append((alert, world.time.now, false))
        hand()
    }

    /// Takes in what is kept for it. What is not durable stays with the broker.
    func hand() {
        guard world.isBrokerUp, isLeading, !isYielding, let agent else { return }
        for index in kept.indices where !kept[index].isOnItsWay {
            kept[index].isOnItsWay = true
            var alert = kept[index].alert
            alert.receivedAt = world.wall
            agent.keep(alert)
        }
    }

    private func didReceive(_ alert: ReceivedAlert, _ received: ReceivedAlert?) {
        if let index = kept.firstIndex(where: { $0.isOnItsWay && $0.alert.mark == alert.mark }) {
            kept.remove(at: index)
        }
        agent?.didKeep(alert, received)
    }

    func publish() {
        guard isLeading, let agent else { return }
        guard world.isBrokerUp else { return later(.seconds(1)) { [self] in publish() } }
        let events = disk.unpublished.prefix(100)
        for event in events { world.publish(event) }
        if !events.isEmpty { agent.didPublish(Set(events.map(\.id))) }
    }

    /// Nothing is wrong with it any more.
    func heal() {
        (cutFromStoreUntil, loseAnswersUntil, cutFromBMCsUntil, pauseAt) = (nil, nil, nil, nil)
        goOn()
        start()
    }
}
