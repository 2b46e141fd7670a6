import Inventory
import Journal
import PowerEvents
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
    private(set) var deeds = 0
    private var random: SplitMix
    private var machines: [String: VirtualMachine] = [:]
    private var agent: VirtualAgent?
    private var crash: (at: Int, down: Duration)?
    private var isBrokerUp = true
    private var isFrozen = false
    private var isToBeFrozen = false
    private var nextMessage: UInt64 = 0
    /// Messages that the broker keeps for the agent, as its session demands.
    private var kept: [AcceptedAlert] = []
    private var detectedAt: [Int: Timestamp] = [:]
    private var events: [UUIDText: [UInt8]] = [:]
    /// The last report of each breach that reached the broker, and when.
    private var reports: [UUIDText: (Enforcement, Timestamp)] = [:]
    /// What the journal must hold, by what was committed.
    private var durable: [ControlKey: ControlEntry] = [:]
    /// What each limit was before the agent's first write of its present or last hold.
    private var priors: [String: Int?] = [:]
    /// What a limit truly was, and by whom, when the agent last looked.
    private var seen: [String: VirtualMachine.Limit] = [:]
    private var seenPower: [String: PowerState] = [:]

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

    private var unfinished: String {
        guard let book = agent?.book else { return "no agent" }
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

    private func pass(_ duration: Duration) {
        time.run(for: duration) { [self] in violation == nil }
    }

    private func start() {
        guard agent == nil else { return }
        do {
            let contents = try journal.load()
            let held = Dictionary(uniqueKeysWithValues: contents.controls.map { ($0.key, $0) })
            if held != durable { fail("the journal does not hold what was committed") }
            agent = try VirtualAgent(self, policy: history.policy)
        } catch {
            fail("no start: \(error)")
        }
        if isBrokerUp { connect() }
    }

    /// Counts a deed of the agent. - Returns: false where it dies before it
    func mayGoOn() -> Bool {
        deeds += 1
        if let crash, deeds >= crash.at {
            die(down: crash.down)
            return false
        }
        return violation == nil
    }

    private func die(down: Duration) {
        crash = nil
        agent?.die()
        agent = nil
        accepting = [:]
        time.after(down + .milliseconds(50)) { [self] in start() }
    }

    func crash(at deed: Int, down: Duration = .seconds(1)) { crash = (deed, down) }

    private func perform(_ step: HistoryStep) {
        switch step {
        case .alert(let breach, let status, let isCritical, let hints, let delivery):
            deliver(alert(breach, status, isCritical: isCritical, hints), delivery)
        case .foreignLimit(let resource, let watts):
            let node = Self.node(of: resource)
            if resource != node, machines[node]?.power != .on { return }
            machines[node]?.limits[resource] = .init(watts: watts, author: .somebodyElse)
        case .foreignPower(let node, let isOn):
            machines[node]?.powerChange = nil
            if !isOn { machines[node]?.loseLimits(of: .gpu, to: .somebodyElse) }
            machines[node]?.power = isOn ? .on : .off
            machines[node]?.powerAuthor = .somebodyElse
        case .reboot(let node): machines[node]?.loseLimits(of: .node, to: .somebodyElse)
        case .fault(let node, let kind, let seconds): machines[node]?.fault = (kind, time.now + .seconds(seconds))
        case .clockJump(let seconds): wallOffset += .seconds(seconds)
        case .crash(let after, let seconds): crash = (deeds + after, .seconds(seconds))
        case .freeze:
            isToBeFrozen = agent != nil
            agent?.freeze()
        case .thaw: thaw()
        case .operatorRelease(let breach):
            guard let agent, agent.book.breaches[History.id(breach)]?.isOpen == true else { return }
            agent.release(History.id(breach))
        case .badDisk(let seconds):
            isDiskBad = true
            time.after(.seconds(seconds)) { [self] in isDiskBad = false }
        case .brokerDown(let seconds):
            isBrokerUp = false
            time.after(.seconds(seconds)) { [self] in connect() }
        case .calm: calm()
        }
    }

    private func heal() {
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

    private func thaw() {
        guard let agent else { return }
        isToBeFrozen = false
        isFrozen = false
        agent.thaw()
    }

    private func calm() {
        heal()
        pass(.seconds(150))
        if violation == nil { checkHolds() }
    }

    // MARK: The broker

    private func alert(
        _ breach: Int, _ status: BreachAlert.Status, isCritical: Bool, _ hints: [ShedHint]
    ) -> AcceptedAlert {
        let detected = detectedAt[breach] ?? wall
        detectedAt[breach] = detected
        let alert = BreachAlert(
            feedTag: History.feed(of: breach), status: status, severity: isCritical ? .critical : .warning,
            breachID: History.id(breach), detectedAt: detected, targetCorrelationID: History.id(99),
            loadConstraint: PowerQuantity(watts: Watts(1000), unit: .watt),
            measuredLoad: PowerQuantity(watts: Watts(1300), unit: .watt), shedHints: hints)
        return AcceptedAlert(
            eventID: newID(), source: "//grid/v1/poweragent/a", time: wall, receivedAt: wall, trace: nil,
            correlationID: nil, payload: String(decoding: alert.json.bytes, as: UTF8.self), breachID: alert.breachID)
    }

    private func newID() -> UUIDText {
        nextMessage += 1
        return UUIDText(
            randomBytes: withUnsafeBytes(of: nextMessage.bigEndian) { [0, 0, 0, 0, 0, 0, 0, 0] + Array($0) })
    }

    private func deliver(_ alert: AcceptedAlert, _ delivery: HistoryStep.Delivery) {
        for copy in 0..<delivery.copies {
            time.after(.milliseconds(delivery.delay + copy * 30)) { [self] in
                kept.append(alert)
                hand()
            }
        }
    }

    private func connect() {
        isBrokerUp = true
        guard let agent else { return }
        agent.brokerIsReady()
        hand()
        // As every second.
        publish(by: agent)
    }

    /// Gives the agent what is kept for it. What it does not acknowledge stays.
    private func hand() {
        guard isBrokerUp, let agent else { return }
        while var alert = kept.first {
            alert.receivedAt = wall
            guard agent.receive(alert) else {
                time.after(.seconds(1)) { [self] in hand() }
                return
            }
            kept.removeFirst()
        }
    }

    func publish(by agent: VirtualAgent) {
        guard isBrokerUp, agent.isAlive, !isDiskBad, let waiting = try? journal.unpublished(limit: 100) else {
            time.after(.seconds(1)) { [self] in if let agent = self.agent { publish(by: agent) } }
            return
        }
        var acknowledged: [UUIDText] = []
        for event in waiting {
            if let known = events[event.eventID], known != event.payload { fail("one id with two contents") }
            events[event.eventID] = event.payload
            if let json = try? JSONValue(parsing: event.payload), let report = try? Enforcement(json: json) {
                reports[event.breachID] = (report, time.now)
            } else {
                fail("an event that is no enforcement")
            }
            // An agent that dies before the journal knows publishes them again.
            guard mayGoOn() else { return }
            acknowledged.append(event.eventID)
        }
        do { try journal.markPublished(acknowledged, now: wall) } catch { fail("\(error)") }
    }

    func compose(_ report: Report) -> OutboxEvent {
        if report.enforcement.action == .applied {
            for result in report.enforcement.results where result.code == .applied {
                check(result, of: report.enforcement.breachID)
            }
        }
        return OutboxEvent(
            eventID: newID(), breachID: report.enforcement.breachID, topic: "t", payload: report.enforcement.json.bytes,
            createdAt: wall)
    }

    /// Applied means read back: when the agent last looked, it was so.
    private func check(_ result: EnforcementResult, of breach: UUIDText) {
        let hints = model.hints(of: breach).filter {
            $0.hint.resourceID == result.resourceID && $0.hint.action == result.requestedAction
        }
        for (hint, feed) in hints.prefix(1) {
            for target in model.targets(of: hint, feed: feed) {
                let isDown = seenPower[Self.node(of: target.id)]?.isDown ?? false
                let bound = hints.compactMap { model.bound($0.hint, on: target) }.max()
                let isHeld = bound.flatMap { bound in seen[target.id]?.watts.map { $0 <= bound + 1 } } ?? false
                if !isDown, !isHeld {
                    fail(
                        "reported as applied: \(hint.action) \(target.id), which was read as \(seen[target.id]?.watts.map { "\($0) W" } ?? "no limit"); it says \(result.message ?? "") and holds \(value(target.id))"
                    )
                }
            }
        }
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
    private func note(_ entry: ControlEntry) {
        let key = entry.key
        guard key.facet == .powerLimit, let prior = entry.prior, entry.intent != nil, durable[key]?.intent == nil else {
            return
        }
        priors[key.resource] = .some(prior.value.limit?.wholeWatts)
        if prior.value.limit?.wholeWatts != seen[key.resource]?.watts {
            fail("the prior of \(key) is \(prior.value), it held \(value(key.resource))")
        }
    }

    // MARK: The BMCs

    private static func node(of resource: String) -> String { String(resource.prefix { $0 != "-" }) }

    /// Whose limits the agent has changed.
    private var held: Set<String> {
        Set(durable.values.filter { $0.key.facet == .powerLimit && $0.intent != nil }.map(\.key.resource))
    }

    private func latency() -> Duration {
        .milliseconds(
            random.chance(5) ? Int.random(in: 500...2500, using: &random) : Int.random(in: 5...150, using: &random))
    }

    private func answerDelay<Success>(_ result: Result<Success, BMCFault>) -> Duration {
        if case .failure(let fault) = result, fault.kind == .unreachable || fault.kind == .unknownEffect {
            return .seconds(5)
        }
        return latency()
    }

    func read(_ entry: ControlEntry, then: @escaping (Duration, Result<Reading, BMCFault>) -> Void) {
        let node = Self.node(of: entry.key.resource)
        time.after(latency()) { [self, weak asker = agent] in
            machines[node]?.advance(to: time.now, held: held)
            let result =
                machines[node]?.read(entry.key, now: time.now) ?? .failure(BMCFault(.unsupported, "no machine"))
            let delay = answerDelay(result)
            let truth = (machines[node]?.limits[entry.key.resource], machines[node]?.power)
            // The agent knows when the answer arrives, if it still lives.
            time.after(delay) { [self, weak asker] in
                guard case .success = result, let asker, asker.isAlive else { return }
                switch entry.key.facet {
                case .powerLimit: seen[entry.key.resource] = truth.0
                case .powerState: seenPower[node] = truth.1
                case .speedLimit, .powerMode: break
                }
            }
            then(delay, result)
        }
    }

    func write(
        _ write: Convergence.Write, _ entry: ControlEntry,
        then: @escaping (Duration, Result<Void, BMCFault>) -> Void
    ) {
        check(write, entry)
        let node = Self.node(of: entry.key.resource)
        time.after(latency()) { [self] in
            machines[node]?.advance(to: time.now, held: held)
            let result =
                machines[node]?.write(write, entry.key, now: time.now) ?? .failure(BMCFault(.unsupported, "no machine"))
            then(answerDelay(result), result)
        }
    }

    /// Whether a write may go out at all.
    private func check(_ write: Convergence.Write, _ entry: ControlEntry) {
        let key = entry.key
        guard let resource = HistorySite.site.resources[key.resource], !resource.isProtected else {
            return fail("a write to \(key), which is not to be touched")
        }
        if isFrozen { fail("a write to \(key) although frozen") }
        guard let known = durable[key], let prior = known.prior else {
            return fail("a write to \(key) without a durable prior")
        }
        switch write {
        case .speed, .mode: fail("a \(write) to \(key), which nobody asked for")
        case .limit(let watts):
            if known.intent != .limit(watts) { fail("\(watts) to \(key) without a durable intent") }
            guard let bound = model.bound(onLimitOf: key.resource, openOnly: false) else {
                return fail("\(watts) to \(key), which nobody asked for")
            }
            // Some hints inside a node that is suspended are left to that suspend, and the others still act.
            let mayBeCovered = model.wantsSuspended(Self.node(of: key.resource), openOnly: false)
            let open = model.bound(onLimitOf: key.resource, openOnly: true)
            if let open, watts.wholeWatts > open, !mayBeCovered { fail("\(watts) to \(key), \(open) W were asked for") }
            if watts.wholeWatts
                < min(
                    prior.value.limit?.wholeWatts ?? .max, bound,
                    max(HistorySite.minimum, HistorySite.floor(of: key.resource)))
            {
                fail("\(watts) to \(key), below its minimum or floor")
            }
        case .restore(let fragment):
            if fragment != prior.fragment { fail("\(fragment) to \(key), which is not its prior") }
            if model.bound(onLimitOf: key.resource, openOnly: true) != nil,
                !model.wantsSuspended(Self.node(of: key.resource), openOnly: true)
            {
                fail("\(key) restored while it is held")
            }
            if history.policy.onDrift == .keep, let found = seen[key.resource], found.author == .somebodyElse {
                let isOurs = ([known.intent, known.held] + (known.earlierIntents ?? [])).contains {
                    guard let ours = $0?.limit?.wholeWatts, let watts = found.watts else {
                        return $0 == .limit(found.watts.map { Watts($0) })
                    }
                    // What was never seen to take may have been rounded by its BMC.
                    return abs(ours - watts) <= (known.isUnconfirmed == true ? max(1, ours / 20) : 1)
                }
                if !isOurs, known.isPowerCycled != true {
                    fail("\(key) restored over somebody else's \(value(key.resource))")
                }
            }
        case .reset("On"):
            if model.wantsSuspended(key.resource, openOnly: true) { fail("\(key) powered on while it is held") }
            if known.intent != .power(.off) || prior.value != .power(.on) { fail("\(key) powered on, not being ours") }
        case .reset(let type):
            if type != "GracefulShutdown" { fail("\(type) of \(key), which the policy does not allow") }
            if !model.wantsSuspended(key.resource, openOnly: false) {
                fail("\(type) of \(key), which nobody asked for")
            }
            let down = durable.values.filter { $0.key.facet == .powerState && $0.intent == .power(.off) }.count
            let limit = history.policy.maxSuspended.of(HistorySite.site.nodeCount)
            if down > limit { fail("\(down) nodes are suspended, \(limit) may be") }
        }
    }

    // MARK: What must be so

    private func isDown(_ node: String) -> Bool { machines[node].map { $0.power.isDown } ?? false }

    private func satisfies(_ target: Resource, _ bound: Int?) -> Bool {
        let node = Self.node(of: target.id)
        machines[node]?.advance(to: time.now, held: held)
        guard let bound else { return isDown(node) }
        guard let watts = machines[node]?.limits[target.id]?.watts else { return isDown(node) }
        return watts <= bound + 1 || isDown(node)
    }

    /// After a while of peace: what breaches that are open hold.
    private func checkHolds() {
        for (id, breach) in model.breaches where breach.isOpen {
            guard let (report, at) = reports[id] else { return fail("breach \(id.text.prefix(2)) was never answered") }
            if at < breach.acceptedAt { fail("the last alert of breach \(id.text.prefix(2)) was not answered") }
            if report.action != .applied { fail("an open breach was reported as \(report.action)") }
            for (hint, feed) in model.hints(of: id) {
                guard
                    let result = report.results.last(where: {
                        $0.resourceID == hint.resourceID && $0.requestedAction == hint.action
                            && $0.resourceType == hint.resourceType && $0.message?.hasPrefix("duplicate") != true
                    })
                else {
                    return fail("\(hint.action) \(hint.resourceID) has no result in the last report")
                }
                let targets = model.targets(of: hint, feed: feed)
                for target in targets where !satisfies(target, model.bound(hint, on: target)) {
                    let holds =
                        "\(target.id) holds \(value(target.id)) where \(hint.action) allows \(model.bound(hint, on: target).map { "\($0) W" } ?? "none")"
                    if result.code == .applied {
                        fail("reported as applied, but \(holds)")
                    } else if !Self.isExcused(result.message ?? "") {
                        fail("\(holds); the report says \(result.code.rawValue): \(result.message ?? "")")
                    }
                }
                if result.code == .applied, targets.isEmpty {
                    fail("applied \(hint.resourceID), which may not be touched")
                }
            }
        }
    }

    private func value(_ resource: String) -> String {
        let machine = machines[Self.node(of: resource)]
        return "\(machine?.limits[resource]?.watts.map { "\($0) W" } ?? "no limit") (\(machine?.power.rawValue ?? ""))"
    }

    /// Reasons that hold although everything is well again.
    private static func isExcused(_ message: String) -> Bool {
        ["contended", "max_suspended", "max_unreachable", "allows none of"].contains { message.contains($0) }
    }

    private func checkEnd() throws {
        if let key = durable.keys.min() { fail("\(key) is still in the journal") }
        for (node, machine) in machines {
            if machine.power != .on { fail("\(node) is \(machine.power)") }
            for (resource, limit) in machine.limits where limit.author == .agent {
                if priors[resource] != .some(limit.watts) {
                    fail("\(resource) is left at \(limit.watts.map { "\($0) W" } ?? "no limit") by the agent")
                }
            }
        }
        for (id, breach) in model.breaches {
            guard let (report, at) = reports[id] else { return fail("breach \(id.text.prefix(2)) was never answered") }
            if at < breach.acceptedAt { fail("the end of breach \(id.text.prefix(2)) was not answered") }
            let due = Set(
                model.hints(of: id).filter { !model.targets(of: $0.hint, feed: $0.feed).isEmpty }.map {
                    "\($0.hint.action.rawValue) \($0.hint.resourceID)"
                })
            if !due.isEmpty, report.action != .reverted {
                fail("a resolved breach was last reported as \(report.action)")
            }
            if report.diagnosticMessage?.contains("in progress") == true { fail("the last report is not the whole") }
            let told = Set(report.results.map { "\($0.requestedAction.rawValue) \($0.resourceID)" })
            // What never bore on a control, such as a suspend that max_suspended forbade, has nothing to be put back.
            for missing in due.subtracting(told).sorted() where model.isAlwaysBorne(missing, breach: id) {
                fail("the last report of breach \(id.text.prefix(2)) says nothing of \(missing)")
            }
        }
        let contents = try journal.load()
        if !contents.inbox.isEmpty { fail("\(contents.inbox.count) alerts are left in the inbox") }
    }
}
