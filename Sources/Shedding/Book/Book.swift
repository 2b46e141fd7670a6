public import PowerEvents
public import Site

/// The heart: every breach, every hold, and what each control must hold because of them.
///
/// A value without clock, randomness or I/O. Events go in with the time at which they happened; ``Action``s come out.
/// Whoever keeps it makes ``takeChanges()`` durable before acting, so that a crash at any point leaves a journal from
/// which ``init(site:policy:breaches:controls:)`` and ``resume(now:)`` go on.
public struct Book: Sendable {
    public private(set) var site: Site
    public private(set) var policy: Policy
    public internal(set) var breaches: [UUIDText: Breach] = [:]
    public internal(set) var controls: [ControlKey: HeldControl] = [:]
    /// While true nothing is written to any BMC, and nothing is undone. Durable: a restart thaws nothing.
    public internal(set) var isFrozen: Bool {
        didSet { isFrozenChanged = isFrozenChanged || isFrozen != oldValue }
    }
    private var isFrozenChanged = false
    /// Whether nothing is written for another reason than an operator's freeze (`mode: observe`); not kept in the journal.
    public internal(set) var isPaused = false
    /// Whether no write may go out.
    var isHalted: Bool { isFrozen || isPaused }
    private var history: [HistoryEntry] = []

    /// The breaches that bear on a control, closed ones left out, and by which of their plans.
    var holders: [ControlKey: [UUIDText: [Int]]] = [:]
    /// What a breach still waits for before it can be reported as settled.
    var unsettled: [UUIDText: Set<ControlKey>] = [:]
    /// When an answer is due although not everything has settled.
    var reportDue: [UUIDText: Timestamp] = [:]
    /// When what changed after a report is told. A BMC rarely changes alone, and each report tells the whole.
    var newsDue: [UUIDText: Timestamp] = [:]
    static let newsDelay = Duration.seconds(1)
    /// What of a breach has not been handed out yet.
    var waves: [UUIDText: Waves] = [:]
    private var agenda = Agenda()
    /// Which key has what its BMC holds once, and which keys share it.
    var sharing = Sharing()
    private var changedBreaches: Set<UUIDText> = []
    private var changedPlans: [UUIDText: Set<Int>] = [:]
    private var removedBreaches: Set<UUIDText> = []
    /// What is durable of each breach that is not over, as far as it grows with the hints.
    private var durable: [UUIDText: DurableBreach] = [:]
    /// What an old journal holds and nobody has confirmed yet (``park()``).
    var parked = Parking()
    private var changedControls: Set<ControlKey> = []
    private var removedControls: Set<ControlKey> = []
    private var releases: [(breach: UUIDText, control: ControlKey, outcome: Outcome)] = []

    /// - Parameters:
    ///   - breaches: what the journal holds
    ///   - controls: likewise
    ///   - isFrozen: likewise
    public init(
        site: Site, policy: Policy, breaches: [Breach] = [], controls: [ControlEntry] = [], isFrozen: Bool = false
    ) {
        self.isFrozen = isFrozen
        self.site = site
        self.policy = policy
        for breach in breaches { self.breaches[breach.id] = breach }
        for entry in controls { self.controls[entry.key] = HeldControl(entry: entry) }
        for breach in breaches where !breach.isClosed { durable[breach.id] = DurableBreach(breach) }
        takeUpShared(controls)
        for breach in self.breaches.values where !breach.isClosed { index(breach) }
    }

    /// Takes what has to be made durable, once.
    public mutating func takeChanges() -> Changes {
        var changes = Changes()
        for id in changedBreaches.union(changedPlans.keys).sorted() { takeChange(of: id, into: &changes) }
        changes.removedBreaches = removedBreaches.sorted()
        changes.controls = changedControls.sorted().compactMap { key in
            controls[key].map { ($0.entry, $0.outcome) }
        }
        changes.removedControls = removedControls.sorted()
        changes.releases = releases
        changes.isFrozen = isFrozenChanged ? isFrozen : nil
        isFrozenChanged = false
        changes.history = history
        history = []
        releases = []
        changedBreaches = []
        changedPlans = [:]
        removedBreaches = []
        changedControls = []
        removedControls = []
        return changes
    }

    private mutating func takeChange(of id: UUIDText, into changes: inout Changes) {
        guard let breach = breaches[id] else { return }
        if breach.isClosed {
            breaches[id]?.retire()
            durable[id] = nil
            changes.breaches += breaches[id].map { [$0] } ?? []
        } else if let known = durable[id], known.plansRevision == breach.plansRevision,
            known.released.isSubset(of: breach.released)
        {
            if changedBreaches.contains(id) { changes.states.append(breach.withoutPlans) }
            for position in changedPlans[id, default: []].sorted() where position < breach.plans.count {
                changes.plans.append((id, position, breach.plans[position]))
            }
            if known.released.count < breach.released.count {
                for key in breach.released.subtracting(known.released).sorted() { changes.letGo.append((id, key)) }
                durable[id] = DurableBreach(breach)
            }
        } else {
            changes.breaches.append(breach)
            durable[id] = DurableBreach(breach)
        }
    }

    mutating func log(_ entry: HistoryEntry) { history.append(entry) }

    /// Something of a breach has changed. Its plans are written again only if they have, too.
    mutating func touch(_ breach: UUIDText) { changedBreaches.insert(breach) }

    /// Puts a plan in the place of another, which is one small row of the journal however many plans its breach has.
    mutating func replacePlan(at position: Int, of id: UUIDText, with plan: PlannedHint) {
        guard let old = breaches[id]?.plans[position] else { return }
        for key in Set(old.controls) {
            holders[key]?[id]?.removeAll { $0 == position }
            if holders[key]?[id]?.isEmpty == true { holders[key]?[id] = nil }
            if holders[key]?.isEmpty == true { holders[key] = nil }
        }
        breaches[id]?.replacePlan(at: position, with: plan)
        for key in plan.controls {
            holders[key, default: [:]][id, default: []].append(position)
            holders[key]?[id]?.sort()
        }
        changedPlans[id, default: []].insert(position)
    }

    /// Forgets a breach that is over, here and in the journal.
    mutating func remove(_ breach: UUIDText) {
        breaches[breach] = nil
        changedBreaches.remove(breach)
        removedBreaches.insert(breach)
    }

    mutating func touch(_ control: ControlKey) {
        changedControls.insert(control)
        removedControls.remove(control)
    }

    mutating func lookAgain(at key: ControlKey, when time: Timestamp) {
        guard controls[key] != nil else { return }
        controls[key]?.nextLook = time
        agenda.add(key, at: time)
    }

    /// The controls that are to be looked at now.
    mutating func takeDueLooks(_ now: Timestamp) -> [ControlKey] {
        let controls = controls
        return agenda.takeDue(now) { controls[$0]?.nextLook }
    }

    /// Notes how the release of a control from a breach ended.
    mutating func note(_ outcome: Outcome, releasing control: ControlKey, of breach: UUIDText) {
        breaches[breach]?.releaseOutcomes[control] = outcome
        unsettled[breach]?.remove(control)
        releases.append((breach, control, outcome))
    }

    mutating func remove(_ control: ControlKey) {
        forgetPlace(of: control)
        dropEntry(of: control)
    }

    mutating func dropEntry(of control: ControlKey) {
        controls[control] = nil
        changedControls.remove(control)
        removedControls.insert(control)
    }

    /// Takes over a changed inventory and policy. It moves no machine: holds stay as they are, and what left the
    /// inventory is still released, since its entry has the address.
    public mutating func reload(site: Site, policy: Policy) {
        self.site = site
        self.policy = policy
        for key in controls.keys.sorted() {
            guard let bmc = site.resources[key.resource]?.bmc, let old = controls[key]?.entry.bmc, bmc != old else {
                continue
            }
            controls[key]?.entry.bmc = bmc
            touch(key)
            guard bmc.address != old.address else { continue }
            // What was found at the old address is not at the new one, nor is it known to be the same machine.
            forgetPlace(of: key)
            controls[key]?.entry.locator = nil
            controls[key]?.entry.place = nil
            controls[key]?.entry.isMoved = true
        }
    }

    /// Nodes that are down through this agent, or are about to be, or are not back yet.
    public var suspendedNodes: Set<String> {
        let wanted = holders.keys.filter { $0.facet == .powerState && !demands(on: $0).isEmpty }
        let owed = controls.values.filter { $0.entry.key.facet == .powerState && $0.entry.intent != nil }
        return Set(wanted.map(\.resource)).union(owed.map(\.entry.key.resource))
    }

    /// What all breaches together demand of a control; empty where none does.
    public func demands(on key: ControlKey) -> [Demand] {
        guard let holding = holders[key] else { return [] }
        // Nearly always it is one breach.
        if holding.count == 1, let (id, indices) = holding.first { return demands(on: key, of: id, indices) }
        return holding.keys.sorted().flatMap { demands(on: key, of: $0, holding[$0, default: []]) }
    }

    /// What open breaches demand of a control, for which something may still be begun; nil where that is all that is
    /// demanded. For resolved ones nothing is begun any more.
    func pursuedDemands(on key: ControlKey) -> [Demand]? {
        guard let holding = holders[key] else { return nil }
        if holding.keys.allSatisfy({ breaches[$0]?.isOpen == true }) { return nil }
        let pursued = holding.keys.sorted().flatMap { id in
            breaches[id]?.isOpen == true ? demands(on: key, of: id, holding[id, default: []]) : []
        }
        return pursued == demands(on: key) ? nil : pursued
    }

    /// When a control's turn comes, whatever is to be done with it.
    func workPriority(of key: ControlKey) -> Int {
        let priority = priority(of: key)
        return demands(on: key).isEmpty ? WorkPriority.releasing(priority) : WorkPriority.shedding(priority)
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
        holders[key, default: [:]].sorted { $0.key < $1.key }.flatMap { id, indices in
            breaches[id].map { breach in indices.map { (breach, breach.plans[$0]) } } ?? []
        }
    }

    /// The lowest priority number with which any breach asks for a control.
    func priority(of key: ControlKey) -> Int {
        var lowest = Int.max
        for (id, indices) in holders[key, default: [:]] {
            guard let plans = breaches[id]?.plans else { continue }
            for index in indices { lowest = min(lowest, plans[index].hint.priority) }
        }
        return lowest
    }

    /// Brings ``holders`` in line with one breach's plans.
    mutating func index(_ breach: Breach) {
        for (position, plan) in breach.plans.enumerated() {
            for control in plan.controls { holders[control, default: [:]][breach.id, default: []].append(position) }
        }
    }

    mutating func unindex(_ breach: Breach) {
        for control in breach.controls {
            holders[control]?[breach.id] = nil
            if holders[control]?.isEmpty == true { holders[control] = nil }
        }
    }
}
