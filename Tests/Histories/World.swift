import Journal
import PowerEvents
import Site
import StrictJSON

@testable import Shedding

/// Everything outside the agent's process: machines, disk, broker, clocks, people. It watches what the agent does and
/// notes the first thing that is wrong.
final class World {
    let history: History
    let time = VirtualTime()
    let journal: JournalDatabase
    var model: Model
    /// Alerts that the agent is about to obey, by their place in the inbox; they count once that is durable.
    var accepting: [Int64: BreachAlert] = [:]
    private(set) var violation: String?
    /// What the wall clock says beyond the time that has passed.
    private(set) var wallOffset = Duration.zero
    private(set) var isDiskBad = false
    /// How many things the agent has done, over all its lives: the moments at which it can die.
    private(set) var steps = 0
    var random: SplitMix
    var machines: [String: VirtualMachine] = [:]
    var agent: VirtualAgent?
    var crash: (at: Int, down: Duration)?
    var isBrokerUp = true
    var isFrozen = false
    var isToBeFrozen = false
    var nextMessage: UInt64 = 0
    /// Messages that the broker keeps for the agent, as its session demands.
    var kept: [AcceptedAlert] = []
    var detectedAt: [Int: Timestamp] = [:]
    var events: [UUIDText: [UInt8]] = [:]
    /// The last report of each breach that reached the broker, and when.
    var reports: [UUIDText: (Enforcement, Timestamp)] = [:]
    /// What was last reported as applied of each breach.
    var toldApplied: [UUIDText: Set<String>] = [:]
    /// What the journal must hold, by what was committed.
    var durable: [ControlKey: ControlEntry] = [:]
    /// What each limit was before the agent's first write of its present or last hold.
    var priors: [String: Int?] = [:]
    /// What a limit truly was, and by whom, when the agent last looked.
    var seen: [String: VirtualMachine.Limit] = [:]
    var seenPower: [String: PowerState] = [:]
    /// Limits that the agent has written and not read since. What somebody else writes just then cannot be told from what
    /// the BMC made of the agent's write.
    var unread: Set<String> = []
    /// What the agent has ever written to.
    var written: Set<ControlKey> = []

    init(_ history: History, journal: JournalDatabase) {
        self.history = history
        self.journal = journal
        random = SplitMix(seed: history.seed)
        model = Model(policy: history.policy)
        for node in HistorySite.nodes { machines[node] = VirtualMachine(node: node, random: &random) }
    }

    var wall: Timestamp { time.now + wallOffset }

    func fail(_ what: String) {
        if violation == nil {
            violation = "at \((time.now - Timestamp(milliseconds: 1_000_000_000_000)).milliseconds) ms: \(what)"
        }
    }

    // MARK: The run

    func run() throws {
        start()
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
            (agent?.isAtRest ?? false) && kept.isEmpty && ((try? journal.outboxDepth()) ?? 1) == 0
        }
        time.run(for: .seconds(3 * 3600)) { [self] in violation == nil && !isOver() }
        guard violation == nil else { return }
        guard isOver() else { return fail("not over after 3 hours of peace: \(unfinished)") }
        try checkEnd()
    }

    var unfinished: String {
        guard let book = agent?.core.book else { return "no agent" }
        let breaches = book.breaches.values.filter { !$0.isClosed }.map { breach in
            let waiting = book.unsettled[breach.id, default: []].sorted().map(\.description).joined(separator: " ")
            return
                "\(breach.id.text.prefix(2)) \(breach.phase), \(breach.released.count) of \(breach.controls.count) let go, unsettled: \(waiting)"
        }
        let controls = book.controls.values.map { "\($0.entry.key) \($0.outcome?.message ?? "")" }
        let state =
            "frozen \(book.isFrozen), \(kept.count) messages kept, \((try? journal.outboxDepth()) ?? -1) in the outbox"
        return ([state] + breaches + controls).joined(separator: "; ")
    }

    func pass(_ duration: Duration) {
        time.run(for: duration) { [self] in violation == nil }
    }

    func start() {
        guard agent == nil else { return }
        do {
            let contents = try journal.load()
            let held = Dictionary(uniqueKeysWithValues: contents.controls.map { ($0.key, $0) })
            if held != durable { fail("the journal does not hold what was committed") }
            agent = try VirtualAgent(self, policy: history.policy)
            agent?.start()
        } catch {
            fail("no start: \(error)")
        }
        if isBrokerUp { connect() }
    }

    /// Counts a step of the agent. - Returns: false where it dies before it
    func mayGoOn() -> Bool {
        steps += 1
        if let crash, steps >= crash.at {
            die(down: crash.down)
            return false
        }
        return violation == nil
    }

    func die(down: Duration) {
        crash = nil
        agent?.die()
        agent = nil
        accepting = [:]
        time.after(down + .milliseconds(50)) { [self] in start() }
    }

    func crash(at step: Int, down: Duration = .seconds(1)) { crash = (step, down) }

    func perform(_ step: HistoryStep) {
        switch step {
        case .alert(let breach, let status, let isCritical, let hints, let delivery):
            deliver(alert(breach, status, isCritical: isCritical, hints), delivery)
        case .foreignLimit(let resource, let watts):
            let node = Self.node(of: resource)
            if resource != node, machines[node]?.power != .on { return }
            machines[node]?.limits[resource] = .init(
                watts: watts, author: .somebodyElse, isTakenForOurs: unread.contains(resource))
        case .foreignPower(let node, let isOn):
            machines[node]?.powerChange = nil
            if !isOn { machines[node]?.loseLimits(of: .gpu, to: .somebodyElse) }
            machines[node]?.power = isOn ? .on : .off
            machines[node]?.powerAuthor = .somebodyElse
        case .reboot(let node): machines[node]?.loseLimits(of: .node, to: .somebodyElse)
        case .fault(let node, let kind, let seconds): machines[node]?.fault = (kind, time.now + .seconds(seconds))
        case .clockJump(let seconds): wallOffset += .seconds(seconds)
        case .crash(let after, let seconds): crash = (steps + after, .seconds(seconds))
        case .freeze:
            isToBeFrozen = agent != nil
            agent?.command(.freeze)
        case .thaw: thaw()
        case .operatorRelease(let breach):
            guard let agent, agent.core.book.breaches[History.id(breach)]?.isOpen == true else { return }
            agent.command(.release(History.id(breach)))
        case .badDisk(let seconds):
            isDiskBad = true
            time.after(.seconds(seconds)) { [self] in isDiskBad = false }
        case .brokerDown(let seconds):
            isBrokerUp = false
            time.after(.seconds(seconds)) { [self] in connect() }
        case .calm: calm()
        }
    }

    func heal() {
        crash = nil
        start()
        isDiskBad = false
        if !isBrokerUp { connect() }
        for node in HistorySite.nodes {
            machines[node]?.fault = nil
            if machines[node]?.powerAuthor == .somebodyElse { machines[node]?.power = .on }
        }
        thaw()
    }

    func thaw() {
        guard let agent else { return }
        isToBeFrozen = false
        isFrozen = false
        agent.command(.thaw)
        // A clock that was set makes a journal look old, or of a time to come.
        if agent.core.confirmation != nil { agent.command(.resume) }
    }

    func calm() {
        heal()
        pass(.seconds(150))
        if violation == nil { checkHolds() }
    }

    // MARK: The disk

    func write(_ batches: [JournalBatch], now: Timestamp) -> Bool {
        guard !isDiskBad else { return false }
        do {
            try journal.write(batches, now: now)
        } catch {
            fail("a transaction failed: \(error)")
            return false
        }
        for batch in batches {
            for control in batch.changes.controls {
                note(control.entry)
                durable[control.entry.key] = control.entry
            }
            for key in batch.changes.removedControls { durable[key] = nil }
            for entry in batch.changes.history where entry.kind == .command && entry.code == "release" {
                entry.breach.map { model.released($0) }
            }
            // The operator is told that it is frozen once that is durable.
            if batch.changes.isFrozen == true { isFrozen = isToBeFrozen }
            for sequence in batch.handled {
                if let alert = accepting.removeValue(forKey: sequence) { model.accepted(alert, at: time.now) }
            }
        }
        return true
    }

    /// A hold begins: its prior must be what the machine held.
    func note(_ entry: ControlEntry) {
        let key = entry.key
        guard key.facet == .powerLimit, let prior = entry.prior, entry.intent != nil, durable[key]?.intent == nil else {
            return
        }
        priors[key.resource] = .some(prior.value.limit?.wholeWatts)
        if prior.value.limit?.wholeWatts != seen[key.resource]?.watts {
            fail("the prior of \(key) is \(prior.value), it held \(value(key.resource))")
        }
    }
}
