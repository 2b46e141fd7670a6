import PowerEvents
import Shedding

/// The agents that share a site, and the store that they share.
final class VirtualCluster {
    private unowned let world: World
    private(set) var members: [VirtualMember] = []
    var etcd = VirtualEtcd()
    /// Of its own, so that what BMCs do is the same with one agent and with several.
    var random: SplitMix
    private var nonces = 0
    /// The process that made each event of the outbox.
    var writers: [UInt64: Int] = [:]
    private var slowUntil: Timestamp?
    private var slowBMCs: [String: Timestamp] = [:]
    /// Resets that went out and have not arrived, each with the process that sent it.
    private var resetsOnTheirWay: [String: [Int]] = [:]
    /// The last reset that each machine has got.
    private var lastResets: [String: (isStart: Bool, life: Int)] = [:]

    init(_ world: World, members count: Int) {
        self.world = world
        random = SplitMix(seed: world.history.seed ^ 0x57A4_DB1E)
        for id in 0..<count {
            let half = Int(Standby.clockSkew / .milliseconds(2))
            let offset = Duration.milliseconds(Int.random(in: -half...half, using: &random))
            members.append(VirtualMember(id, of: self, in: world, clockOffset: offset))
        }
        if world.history.hasShards {
            etcd.shards = VirtualShards(
                share: world.history.policy.maxSuspended, seed: world.history.seed ^ 0x5AAD_0B5E)
            jumpElsewhere()
        }
    }

    /// The other shard goes on whatever happens to this one, and who leads hears of it sooner or later.
    private func jumpElsewhere() {
        guard let pause = etcd.shards?.pause() else { return }
        world.time.after(pause) { [self] in
            etcd.shards?.jump()
            if let shards = etcd.shards { leader?.agent?.learn(shards) }
            jumpElsewhere()
        }
    }

    func newNonce() -> Int {
        nonces += 1
        return nonces
    }

    /// One way to the store or back.
    func delay() -> Duration {
        if let slowUntil, world.time.now < slowUntil {
            return .milliseconds(Int.random(in: 50...700, using: &random))
        }
        return .milliseconds(random.chance(3) ? Int.random(in: 20...300, using: &random) : 2)
    }

    func start() { for member in members { member.start() } }

    /// The one that leads, and not one that has not noticed that it does not.
    var leader: VirtualMember? {
        members.first { $0.isLeading && ($0.agent.map(world.isCurrent) ?? false) }
    }

    /// Whether one leads, has nothing left to do, and all have applied the whole log.
    var isAtRest: Bool {
        guard let leader, let agent = leader.agent, agent.isAtRest else { return false }
        return leader.kept.isEmpty && leader.disk.unpublished.isEmpty
    }

    /// For whoever looks into why it is not.
    var unfinished: String {
        guard let leader else { return "nobody leads" }
        let (kept, unpublished) = (leader.kept.count, leader.disk.unpublished.count)
        return "member \(leader.id) leads, \(kept) alerts kept, \(unpublished) unpublished"
    }

    func deliver(_ alert: ReceivedAlert) { for member in members { member.deliver(alert) } }

    func connect() {
        for member in members { member.connect() }
    }

    func heal() {
        slowUntil = nil
        slowBMCs = [:]
        etcd.comeBack(world.time.now)
        for member in members { member.heal() }
    }

    // MARK: Steps

    private func found(_ who: StandbyStep.Who) -> VirtualMember? {
        switch who {
        case .leader: members.first { $0.agent.map(world.isCurrent) ?? false } ?? members.first
        case .member(let id): members[id % members.count]
        }
    }

    func perform(_ step: StandbyStep) {
        world.note("\(step)")
        let now = world.time.now
        switch step {
        case .kill(let who, let seconds): found(who)?.kill(down: .seconds(seconds))
        case .pause(let who, let seconds): found(who)?.pause(for: .seconds(seconds))
        case .pauseLeader(let after, let seconds): found(.leader)?.pauseAt = (world.steps + after, .seconds(seconds))
        case .cutFromStore(let who, let seconds): found(who)?.cutFromStoreUntil = now + .seconds(seconds)
        case .loseAnswers(let who, let seconds): found(who)?.loseAnswersUntil = now + .seconds(seconds)
        case .cutFromBMCs(let who, let seconds): found(who)?.cutFromBMCsUntil = now + .seconds(seconds)
        case .storeAway(let seconds): etcd.leave(until: now + .seconds(seconds), now: now)
        case .slowStore(let seconds): slowUntil = now + .seconds(seconds)
        case .yield: leader?.yield()
        case .slowBMC(let node, let seconds): slowBMCs[node] = now + .seconds(seconds)
        }
    }

    // MARK: What BMCs do late

    /// How long a write takes to be obeyed, which for limits may be longer than its answer does; nil for as long as ever.
    func obedience(of node: String, isReset: Bool) -> Duration? {
        let isSlow = slowBMCs[node].map { world.time.now < $0 } ?? false
        guard isSlow, random.chance(60) else { return nil }
        let longest = isReset ? Standby.longestRequest : Standby.longestObedience
        return .milliseconds(Int.random(in: 1000...Int(longest / .milliseconds(1)), using: &random))
    }

    /// Whether another process has sent a reset that may still be obeyed. - Returns: a violation
    func send(reset node: String, life: Int) -> String? {
        let others = (resetsOnTheirWay[node] ?? []).filter { $0 != life }
        resetsOnTheirWay[node, default: []].append(life)
        return others.isEmpty ? nil : "\(node) was reset while a reset of another agent was on its way"
    }

    /// A reset gets there. - Returns: a violation
    func arrive(reset node: String, isStart: Bool, life: Int, obeys: Bool, on machine: VirtualMachine) -> String? {
        if let index = resetsOnTheirWay[node]?.firstIndex(of: life) { resetsOnTheirWay[node]?.remove(at: index) }
        defer { if obeys { lastResets[node] = (isStart, life) } }
        guard obeys, let last = lastResets[node], last.isStart == isStart, last.life != life,
            let change = machine.change,
            change.to.isDown != isStart
        else { return nil }
        return "\(node) got the same reset from two agents"
    }
}
