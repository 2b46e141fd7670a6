public import PowerEvents
public import Site

/// The heart: every breach, every hold, and what each control must hold because of them.
///
/// A value without clock, randomness or I/O. Events go in with the time at which they happened; ``Action``s come out.
/// Whoever keeps it makes ``takeChanges()`` durable before acting, so that a crash at any point leaves a journal from
/// which ``init(site:policy:breaches:controls:)`` and ``resume(now:)`` go on.
public struct Breaches: Sendable {
    public private(set) var site: Site
    public private(set) var policy: Policy {
        didSet { breachesDue = nil }
    }
    public internal(set) var breaches: [UUIDText: Breach] = [:] {
        didSet { breachesDue = nil }
    }
    public internal(set) var controls: [ControlKey: HeldControl] = [:]
    /// What is not written to, and not undone, by an operator's word. Durable: a restart thaws nothing.
    public internal(set) var freezes: Freezes {
        didSet { breachesDue = nil }
    }
    /// Whether nothing is written for another reason than an operator's freeze (`mode: observe`); not kept in the journal.
    public internal(set) var isPaused = false {
        didSet { breachesDue = nil }
    }
    /// Whether nothing is written because the lease was not renewed.
    var isLeaseAway = false {
        didSet { breachesDue = nil }
    }
    /// Whether no write may go out anywhere.
    var isHalted: Bool { isHeldBack || freezes.isWhole }
    /// What is begun anew once there is a lease.
    var awaitingLease: Set<ControlKey> = []
    /// What another agent that led before may still write to.
    var former = FormerControls()

    /// What bears on which control. Breaches that are over are not in it.
    var holdIndex = HoldIndex()
    /// What a breach still waits for before it can be reported as settled.
    var unsettled: [UUIDText: Set<ControlKey>] = [:]
    var due = DueTimes() {
        didSet { breachesDue = nil }
    }
    /// What of a breach has not been handed out yet.
    var waves: [UUIDText: Waves] = [:] {
        didSet { breachesDue = nil }
    }
    /// To which BMCs something was written since a breach was opened, for whichever; of each that was opened and is not over.
    var writtenBMCs: [UUIDText: Set<BMC.Address>] = [:]
    /// What is not durable yet.
    var changeLog: ChangeLog
    /// Entries whose intents are on their way to the disk.
    var recording: [ControlKey: ControlEntry] = [:]
    /// ``nextDue`` as far as it is a matter of breaches; nil where that has to be worked out anew.
    private var breachesDue: Timestamp??
    /// Which key has what its BMC holds once, and which keys share it.
    var sharing = Sharing()
    /// How many nodes may be down where a site has shards; nil where this agent's are all.
    var shared: SharedSuspensions?
    /// How fast power comes back on each feed.
    var ramps: [String: Ramp] = [:]
    /// What was seen of controls and meters since this process began.
    var sightings = Sightings()
    /// What an old journal holds and nobody has confirmed yet (``park()``).
    var parked = Parking() {
        didSet { breachesDue = nil }
    }

    /// - Parameters:
    ///   - breaches: what the journal holds
    ///   - controls: likewise
    ///   - freezes: likewise
    public init(
        site: Site, policy: Policy, breaches: [Breach] = [], controls: [ControlEntry] = [], freezes: [Freeze] = []
    ) {
        changeLog = ChangeLog(breaches)
        self.freezes = Freezes(freezes, at: site)
        self.site = site
        self.policy = policy
        for breach in breaches { self.breaches[breach.id] = breach }
        for entry in controls { self.controls[entry.key] = HeldControl(entry: entry) }
        takeUpShared(controls)
        for breach in self.breaches.values where !breach.isClosed {
            holdIndex.add(breach)
            for plan in breach.plans { if case .spread = plan.verdict { noteMissing(plan) } }
        }
        for breach in breaches where breach.isOpen { writtenBMCs[breach.id] = [] }
        for entry in controls where entry.intent != nil { noteWritten(entry) }
        // The inventory may have changed while no process ran.
        followInventory()
    }

    /// Takes it from others how controls ended; what is to be written and was not read back since has not.
    mutating func show(_ outcomes: [ControlKey: Outcome]) {
        for (key, outcome) in outcomes {
            guard let entry = controls[key]?.entry else { continue }
            if outcome.code == .applied, entry.intent != nil, entry.held == nil { continue }
            controls[key]?.outcome = outcome
        }
    }

    /// Takes what has to be made durable, once.
    public mutating func takeChanges() -> Changes {
        for id in changeLog.breaches where breaches[id]?.isClosed == true { breaches[id]?.retire() }
        return recorded(changeLog.take(breaches: breaches, controls: controls, freezes: freezes.all))
    }

    /// The earliest time at which ``tick(now:)`` can have anything to do, which may lie in the past; nil where it has
    /// nothing until something else happens.
    public var nextDue: Timestamp? {
        mutating get {
            let ofBreaches: Timestamp?
            if let known = breachesDue {
                ofBreaches = known
            } else {
                ofBreaches = breaches.values.compactMap { nextDue(of: $0) }.min()
                breachesDue = .some(ofBreaches)
            }
            let isDone = isIdle
            return [
                ofBreaches, freezes.nextEnd, isPaused || isDone ? nil : due.nextRead,
                isHalted || isDone ? nil : due.budgetCheck,
            ].compactMap { $0 }.min()
        }
    }

    /// Puts a plan in the place of another, which is one small row of the journal however many plans its breach has.
    mutating func replacePlan(at position: Int, of id: UUIDText, with plan: PlannedHint) {
        guard let old = breaches[id]?.plans[position] else { return }
        breaches[id]?.replacePlan(at: position, with: plan)
        holdIndex.move(position, of: id, from: old.controls, to: plan.controls)
        changeLog.touch(plan: position, of: id)
    }

    /// Adds a plan to those of a breach, which is one small row of the journal likewise.
    mutating func appendPlan(_ plan: PlannedHint, to id: UUIDText) {
        guard let position = breaches[id]?.plans.count else { return }
        breaches[id]?.appendPlan(plan)
        holdIndex.move(position, of: id, from: [], to: plan.controls)
        changeLog.touch(plan: position, of: id)
    }

    /// What was met through what is inside has no limit of its own.
    private mutating func noteMissing(_ plan: PlannedHint) {
        guard let resource = site.resource(named: plan.resource), resource.bmc != nil else { return }
        sightings.miss(Planner.limit(of: resource))
    }

    /// A look at a BMC showed something that nothing is decided by but how a budget is split.
    mutating func saw(_ sight: Sight, now: Timestamp) { sightings.take(sight, now: now) }

    /// What a control told of itself while something was done with it.
    mutating func saw(_ reading: Reading, of key: ControlKey, now: Timestamp) {
        former.didRead(key, now: now)
        // What was said of it is not so any more. Where several are looked at together, its own end comes later.
        if let outcome = controls[key]?.outcome, let known = outcome.value,
            !known.matches(reading.value), !demands(on: key).isEmpty
        {
            unsettle(key)
        }
        switch reading.value {
        case .limit: sightings.learn(reading.range, of: key)
        case .power(let state) where !state.isDown: noteUp(key)
        case .power, .speed, .mode: break
        }
    }

    func planner(now: Timestamp) -> Planner {
        Planner(site: site, policy: policy, sightings: sightings, shared: shared, now: now)
    }

    /// Forgets a breach that is over, here and in the journal.
    mutating func remove(_ breach: UUIDText) {
        breaches[breach] = nil
        changeLog.remove(breach)
    }

    mutating func readAgain(_ key: ControlKey, at time: Timestamp) {
        guard controls[key] != nil else { return }
        due.read(key, at: former.read(key, noLaterThan: time))
    }

    /// When a control is to be read again, because it failed or is watched.
    public func nextRead(at key: ControlKey) -> Timestamp? { due.nextRead(key) }

    /// Notes how the release of a control from a breach ended.
    mutating func note(_ outcome: Outcome, releasing control: ControlKey, of breach: UUIDText) {
        breaches[breach]?.releaseOutcomes[control] = outcome
        unsettled[breach]?.remove(control)
        changeLog.note(outcome, releasing: control, of: breach)
    }

    mutating func remove(_ control: ControlKey) {
        forgetPlace(of: control)
        dropEntry(of: control)
    }

    mutating func dropEntry(of control: ControlKey) {
        controls[control] = nil
        awaitingLease.remove(control)
        former.end(control)
        due.dropRead(control)
        changeLog.remove(control)
    }

    /// Takes over a changed inventory and policy. It moves no machine: holds stay as they are, and what left the
    /// inventory is still released, since its entry has the address.
    public mutating func reload(site: Site, policy: Policy) {
        self.site = site
        self.policy = policy
        freezes.resolve(at: site)
        sightings.forgetSharing()
        followInventory()
    }

    /// Whatever is held is looked for where the inventory says that it is now.
    private mutating func followInventory() {
        for key in controls.keys.sorted() {
            guard let bmc = site.resources[key.resource]?.bmc, let old = controls[key]?.entry.bmc, bmc != old else {
                continue
            }
            controls[key]?.entry.bmc = bmc
            changeLog.touch(key)
            if let entry = controls[key]?.entry, entry.intent != nil { noteWritten(entry) }
            guard bmc.address != old.address else { continue }
            // What was found at the old address is not at the new one, nor is it known to be the same machine. Should it
            // be, other names of the control lead to this one there as well, and find our own limit.
            controls[key]?.entry.locator = nil
            // What is under way at the old address writes nothing more.
            controls[key]?.goalRevision += 1
            if let moved = controls[key]?.entry { claimPlace(of: moved) }
            controls[key]?.entry.isMoved = true
        }
    }

    /// Nodes that are down through this agent, or are about to be, or are not back yet.
    public var suspendedNodes: Set<String> {
        let wanted = holdIndex.controls.filter { $0.facet == .powerState && !demands(on: $0).isEmpty }
        let owed = controls.values.filter { $0.entry.key.facet == .powerState && $0.entry.intent != nil }
        let recorded = recording.keys.filter { $0.facet == .powerState }
        return Set(wanted.map(\.resource)).union(owed.map(\.entry.key.resource)).union(recorded.map(\.resource))
    }

    /// The same with all that an alert asks for, were there no bound.
    func suspendedNodes(with alert: BreachAlert) -> Set<String> {
        var unbound = policy
        unbound.maxSuspended = .percent(100)
        let held = suspendedNodes
        let hints = alert.shedHints.filter { $0.action == .suspend }
        let plans = Planner(site: site, policy: unbound, sightings: sightings)
            .plan(hints, feed: breaches[alert.breachID]?.feed ?? alert.feedTag, suspended: held)
        return held.union(plans.filter { $0.demand == .suspended }.flatMap(\.controls).map(\.resource))
    }

    /// What all breaches together demand of a control; empty where none does.
    public func demands(on key: ControlKey) -> [Demand] {
        let holding = holdIndex[key]
        // Nearly always it is one breach.
        if holding.count == 1, let (id, indices) = holding.first { return demands(on: key, of: id, indices) }
        return holding.keys.sorted().flatMap { demands(on: key, of: $0, holding[$0, default: []]) }
    }

    /// What open breaches demand of a control, for which something may still be begun; nil where that is all that is
    /// demanded. For resolved ones nothing is begun any more.
    func pursuedDemands(on key: ControlKey) -> [Demand]? {
        let holding = holdIndex[key]
        if holding.keys.allSatisfy({ breaches[$0]?.isOpen == true }) { return nil }
        let pursued = holding.keys.sorted().flatMap { id in
            breaches[id]?.isOpen == true ? demands(on: key, of: id, holding[id, default: []]) : []
        }
        return pursued == demands(on: key) ? nil : pursued
    }

    /// When a control's turn comes, whatever is to be done with it.
    func workPriority(of key: ControlKey) -> Int {
        let priority = priority(of: key)
        // What is held for nobody but breaches that are over sheds nothing any more.
        let isOver = demands(on: key).isEmpty || pursuedDemands(on: key)?.isEmpty == true
        return isOver ? WorkPriority.releasing(priority) : WorkPriority.shedding(priority)
    }

    /// When its turn comes to be looked at again. Controls that never do as they are told would keep what else is asked of their
    /// BMC from being begun, or from ending in time.
    func watchPriority(of key: ControlKey) -> Int {
        let priority = workPriority(of: key)
        let isSettled = controls[key]?.outcome != nil
        return isSettled && !WorkPriority.isRelease(priority) ? WorkPriority.watch : priority
    }

    private func demands(on key: ControlKey, of id: UUIDText, _ indices: [Int]) -> [Demand] {
        guard let breach = breaches[id], !breach.isClosed, !breach.released.contains(key) else { return [] }
        return indices.compactMap { index in
            guard case .demand(let demand, _) = breach.plans[index].verdict else { return nil }
            return demand
        }
    }

    /// Everything that bears on a control, by breach.
    public func holds(on key: ControlKey) -> [(breach: Breach, plan: PlannedHint)] {
        holdIndex[key].sorted { $0.key < $1.key }.flatMap { id, indices in
            breaches[id].map { breach in indices.map { (breach, breach.plans[$0]) } } ?? []
        }
    }

    /// The lowest priority number with which any breach asks for a control that is open; with which any did where none is.
    func priority(of key: ControlKey) -> Int {
        var lowest = Int.max
        var lowestOpen = Int.max
        for (id, indices) in holdIndex[key] {
            guard let breach = breaches[id] else { continue }
            for index in indices {
                lowest = min(lowest, breach.plans[index].hint.priority)
                if breach.isOpen { lowestOpen = min(lowestOpen, breach.plans[index].hint.priority) }
            }
        }
        return lowestOpen == .max ? lowest : lowestOpen
    }
}
