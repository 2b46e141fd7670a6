import Foundation
import PowerEvents
import Shedding
import Site

/// Everything outside the agent's process: BMCs, disk, broker, clocks, people. It watches what the agent does and notes the
/// first thing that is wrong.
///
/// It trusts nobody. What was there before, whose a value is and what is owed come from the BMCs' own records; what may be
/// asked comes from the signed alerts. Of the agent's records it looks only whether they are durable, and say the same.
final class World {
    let history: History
    let excusesDeaths: Bool
    let time = VirtualTime()
    var disk = VirtualDisk()
    let mirror: (any JournalMirror)?
    var model = Model()
    private(set) var violation: String?
    /// What the wall clock says beyond the time that has passed.
    var wallOffset = Duration.zero
    private(set) var isDiskBad = false
    private(set) var commitTime = Duration.milliseconds(3)
    /// How many things the agent has done, over all its lives: the moments at which it can die.
    private(set) var steps = 0
    var random: SplitMix
    var bmcs: [String: VirtualBMC] = [:]
    /// The agent; of several the one that leads, or the last that did.
    var agent: VirtualAgent?
    /// Where several share the site.
    private(set) var cluster: VirtualCluster?
    private(set) var lives = 0
    /// How often everybody made peace.
    private(set) var peaces = 0
    var crash: (at: Int, down: Duration)?
    var isBrokerUp = true
    /// As the process knows it, and as it is durable.
    var frozen = FrozenParts()
    var frozenDurably = FrozenParts()
    private(set) var variant = HistorySite.Variant.plain
    private(set) var policyVariant = 0
    private(set) var mode = Mode.enforce
    /// All policies that there were.
    private(set) var policies: [Policy]
    /// Of all of them: what has begun has its own.
    var longestDeadline: Duration { policies.map(\.deadline).max() ?? History.deadline }
    /// When a clock was last set: what is due by it may come early.
    private(set) var lastJump: Timestamp?
    private var startOffset = Duration.zero
    /// When the agent last did anything.
    private(set) var lastSign = Timestamp(milliseconds: 0)
    /// When this process has started.
    private(set) var startedAt = Timestamp(milliseconds: 0)
    var backup: Backup?
    /// What is really on a disk that lies, with which the next process has to do.
    var truth: Backup?
    /// Processes up to this one wrote what the journal of now knows nothing of.
    var forgottenLives = 0
    /// When the disk was last bad, or slow.
    private(set) var diskHealedAt: Timestamp?
    /// What an old journal holds, which waits for an operator.
    var parked: Set<String> = []

    var nextMessage: UInt64 = 0
    /// Messages that the broker keeps for the agent, as its session demands.
    var kept: [ReceivedAlert] = []
    var detectedAt: [Int: Timestamp] = [:]
    var events: [UInt64: Enforcement] = [:]
    /// The last report of each breach that reached the broker, and when.
    var reports: [UUIDText: (Enforcement, Timestamp)] = [:]
    /// What was last reported as applied of each breach.
    var toldApplied: [UUIDText: Set<String>] = [:]
    /// What this process was shown last, by place and by node, and what it has under way.
    var view = ProcessView()
    /// How many hints were accepted of each source, of all its breaches.
    var hintsHeard: [String: Int] = [:]
    /// When a place's first write towards its prior went out since a breach was resolved.
    var releasedAt: [UUIDText: [String: Timestamp]] = [:]
    /// What was written or reported as held for each breach, by place.
    var bearing: [UUIDText: Set<String>] = [:]
    /// Nodes of which a limit was written while a breach asked for it.
    var written: [UUIDText: Set<String>] = [:]
    /// What each tray draws beside its GPUs, as meters have told it to any process.
    var toldRests: [String: Set<Int>] = [:]
    /// What this process was shown of machines' power and has not made durable.
    var undurableLosses: Set<String> = []

    /// - Parameter excusesDeaths: whether what a BMC made of a write over which a process died counts as beyond telling
    init(_ history: History, excusesDeaths: Bool = true) throws {
        self.history = history
        self.excusesDeaths = excusesDeaths
        mirror = history.isKeptInSQLite ? try makeJournalMirror() : nil
        random = SplitMix(seed: history.seed)
        policies = [history.policy]
        model.know(.plain)
        for node in HistorySite.nodes { bmcs[node] = VirtualBMC(node: node, random: &random) }
        if history.hasTrays {
            for node in HistorySite.trays { bmcs[node] = VirtualBMC(node: node, random: &random) }
        }
        if history.members > 0 { cluster = VirtualCluster(self, members: history.members) }
        for bmc in bmcs.values { model.know(bmc.ways) }
    }

    var wall: Timestamp { time.now + wallOffset }

    /// How far the clocks of agents that share the site are apart.
    var clockSlack: Duration { cluster == nil ? .zero : Standby.clockSkew }

    var site: Site {
        HistorySite.site(variant, hasTrays: history.hasTrays, isInOrder: history.isInOrder)
    }

    var policy: Policy { policies[policies.count - 1] }

    /// By any policy that there was.
    var reassertLimit: Int { policies.map(\.reassertLimit).max() ?? 0 }

    /// What was asked of the BMCs, for whoever looks into a failure.
    private(set) var trace: [String] = []

    func note(_ what: @autoclosure () -> String) {
        guard Self.isTraced else { return }
        trace.append("\((time.now - Timestamp(milliseconds: 1_000_000_000_000)).milliseconds) ms: \(what())")
    }

    private static let isTraced = ProcessInfo.processInfo.environment["IMA_HISTORY_TRACE"] != nil

    func fail(_ what: String) {
        if violation == nil {
            violation = "at \((time.now - Timestamp(milliseconds: 1_000_000_000_000)).milliseconds) ms: \(what)"
        }
    }

    // MARK: The run

    func run() throws {
        if cluster == nil { start() } else { healStandby() }
        for moment in history.moments where violation == nil {
            pass(.milliseconds(moment.after))
            perform(moment.step)
        }
        heal()
        // Whatever is still on its way has arrived by then. What was accepted as resolved is not said again: it must
        // not have been forgotten.
        pass(.seconds(45))
        for breach in Set(detectedAt.keys).sorted() where model.breaches[History.id(breach)]?.isOpen ?? true {
            deliver(alert(breach, .resolved, isCritical: false, []), .init())
        }
        pass(.seconds(2))
        let isOver = { [self] in
            cluster?.isAtRest ?? ((agent?.isAtRest ?? false) && kept.isEmpty) && disk.unpublished.isEmpty
        }
        // Where something is owed to both machines of one address, people put in one and then the other.
        for _ in 0..<9 where violation == nil && !isOver() {
            time.run(for: .seconds(1200)) { [self] in violation == nil && !isOver() }
            for node in bmcs.keys.sorted() where bmcs[node]?.spare != nil && !isOver() {
                bmcs[node]?.exchange(at: time.now)
            }
        }
        guard violation == nil else { return }
        guard isOver() else { return fail("not over after 3 hours of peace: \(unfinished)") }
        try checkEnd()
    }

    var unfinished: String {
        guard let book = agent?.core.book else { return "no agent" }
        let breaches = book.breaches.values.filter { !$0.isClosed }.map { breach in
            "\(breach.id.text.prefix(2)) \(breach.phase), \(breach.released.count) of \(breach.controls.count) let go"
        }
        let controls = book.controls.values.map { "\($0.entry.key) \($0.outcome?.message ?? "")" }
        let state =
            "\(cluster.map { "\($0.unfinished); " } ?? "")frozen \(book.isFrozen), \(kept.count) messages kept, \(disk.unpublished.count) in the outbox"
        return ([state] + breaches + controls).joined(separator: "; ")
    }

    func pass(_ duration: Duration) {
        time.run(for: duration) { [self] in violation == nil }
    }

    func start() {
        guard agent == nil else { return }
        begin(nil, isTakeover: false)
        if isBrokerUp { connect() }
    }

    /// A process begins with what is durable.
    ///
    /// - Parameters:
    ///   - member: of several agents, the one that leads from now on
    ///   - isTakeover: whether what another process has sent may still arrive
    @discardableResult
    func begin(_ member: VirtualMember?, isTakeover: Bool) -> VirtualAgent {
        let contents = disk.contents
        if let mirror, let difference = mirror.difference(from: contents) { fail(difference) }
        lives += 1
        startedAt = time.now
        note("process \(lives) starts")
        view = ProcessView()
        frozen = frozenDurably
        // A process counts by the clock as it was when it started; the next one by another.
        if wallOffset != startOffset { lastJump = time.now }
        startOffset = wallOffset
        let agent = VirtualAgent(self, life: lives, of: member)
        self.agent = agent
        endDrills()
        park(contents)
        frozen.restart(agent.now)
        agent.start(isTakeover: isTakeover)
        if (agent.core.confirmation != nil) != isOld(contents) {
            fail(
                "a journal of \(contents.lastRecordAt.map { "\($0)" } ?? "never") was found at \(wall), and \(agent.core.confirmation == nil ? "taken up" : "not taken up")"
            )
        }
        return agent
    }

    /// Counts a step of the agent. - Returns: false where it dies before it
    func mayGoOn() -> Bool {
        steps += 1
        lastSign = time.now
        if let crash, steps >= crash.at {
            die(down: crash.down)
            return false
        }
        return violation == nil
    }

    func die(down: Duration) {
        crash = nil
        if let cluster { return cluster.perform(.kill(.leader, downSeconds: Int(down / .seconds(1)))) }
        agent?.die()
        forgetProcess()
        if let truth { goBack(to: truth) }
        time.after(down + .milliseconds(50)) { [self] in start() }
    }

    func crash(at step: Int, down: Duration = .seconds(1)) { crash = (step, down) }

    // MARK: Healing

    func heal() {
        peaces += 1
        crash = nil
        truth = nil
        if cluster == nil { start() } else { healStandby() }
        healDisk()
        if !isBrokerUp { connect() }
        for node in bmcs.keys.sorted() { heal(node) }
        if mode != .enforce { reload(mode: .enforce) }
        thaw()
    }

    private func heal(_ node: String) {
        bmcs[node]?.fault = nil
        bmcs[node]?.spelling = .plain
        if bmcs[node]?.machine.serial.hasPrefix("XX") == true { bmcs[node]?.exchange(at: time.now) }
        // People switch on again what they switched off.
        bmcs[node]?.machine.switchOnByPeople(at: time.now)
        bmcs[node]?.spare?.switchOnByPeople(at: time.now)
    }

    func thaw() {
        guard let agent, agent.isAlive else { return }
        agent.command(.thaw(nil))
        // A clock that was set makes a journal look old, or of a time to come.
        if agent.core.confirmation != nil { agent.command(.resume) }
    }

    func calm() {
        heal()
        pass(.seconds(150))
        if violation == nil { checkHolds() }
        if violation == nil { checkMetering() }
        if violation == nil { checkDrillsAreOver() }
    }

    // MARK: Faults of disk, clocks and configuration

    func spoilDisk(for duration: Duration) {
        isDiskBad = true
        time.after(duration) { [self] in healDisk() }
    }

    func slowDisk(for duration: Duration) {
        commitTime = .seconds(2)
        time.after(duration) { [self] in healDisk() }
    }

    private func healDisk() {
        if isDiskBad || commitTime > .seconds(1) { diskHealedAt = time.now }
        isDiskBad = false
        commitTime = .milliseconds(3)
    }

    func setClock(by duration: Duration) {
        wallOffset += duration
        lastJump = time.now
    }

    func leap(by duration: Duration) {
        lastJump = time.now
        agent?.leap(duration)
    }

    func reload(site: HistorySite.Variant? = nil, policy: Int? = nil, mode: Mode? = nil) {
        if let site {
            variant = site
            model.know(site)
            model.reload(self.site, self.policy)
            frozen.reload(self.site)
            frozenDurably.reload(self.site)
        }
        if let policy {
            policyVariant = policy
            policies.append(history.policy(policy))
        }
        if let mode { self.mode = mode }
        view.waiting = [:]
        agent?.reload()
    }
}
