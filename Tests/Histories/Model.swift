import PowerEvents
import Shedding
import Site

/// What everybody may expect of the agent, said as simply as possible: by the signed alerts alone, which hints stand, and
/// what each of them allows a machine to draw.
struct Model {
    /// A hint, and whom it was about by the inventory of its time.
    struct Ask {
        struct Target {
            let resource: String
            let type: ResourceType
            let node: String
            /// The watts that it leaves, before floors; nil for a suspension. Of a budget's member all that it can have:
            /// what counts is the sum.
            let watts: Int?
            /// Whether it is a budget's member, which may be given as little as its floor.
            var isMember = false
            /// Whether it is asked of through a tray, which is seen to have no limit of its own only by looking.
            var isInside = false
            /// Whether it came to be meant by an inventory that was read again, where that was looked at only then.
            var isLate = false
        }

        let hint: ShedHint
        var targets: [Target]
        /// The watts that all targets together may draw, with the rest of their trays; nil where each has its own.
        var budget: Int?
    }

    struct Breach {
        let source: String
        let feed: String
        var isOpen = true
        var asks: [Ask] = []
        var acceptedAt: Timestamp
        /// When the agent knew that it is over.
        var resolvedAt: Timestamp?
        /// Of an operator's rehearsal, which ends by itself, and of which nothing is published.
        var drill: Drill?
    }

    struct Drill {
        let order: DrillOrder
        let startedAt: Timestamp
    }

    /// An alert that the agent has accepted, which counts once that is durable.
    struct Acceptance {
        let alert: BreachAlert
        let source: String
        var asks: [Ask]
        let at: Timestamp
    }

    private(set) var breaches: [UUIDText: Breach] = [:]
    private var ended: [UUIDText: Timestamp] = [:]
    /// Of this process, by the alert's place in the inbox.
    private(set) var pending: [Int64: Acceptance] = [:]
    /// Breaches of which this process knows that they are over, durable or not.
    private(set) var heardOver: Set<UUIDText> = []
    private var heardReleases: [UUIDText: Timestamp] = [:]
    /// An operator's drill that is not durable yet.
    private var heardDrills: [UUIDText: Breach] = [:]
    private var heardHurried: Set<UUIDText> = []
    private var hurried: Set<UUIDText> = []
    /// All floors that there were.
    private(set) var floors: [String: Set<Int>] = [:]
    /// The resources that lead to the same limit as each.
    private(set) var sharers: [String: [String]] = [:]

    mutating func know(_ variant: HistorySite.Variant) {
        for resource in HistorySite.nodes + HistorySite.gpus + HistorySite.trayGPUs {
            floors[resource, default: []].insert(HistorySite.floor(of: resource, variant))
        }
    }

    mutating func know(_ ways: VirtualBMC.Ways) {
        for (resource, place) in ways.places {
            sharers[resource] = ways.places.filter { $0.value == place }.keys.sorted()
        }
    }

    // MARK: Alerts

    /// The agent accepts an alert.
    mutating func heard(
        _ received: ReceivedAlert, _ alert: BreachAlert, site: Site, policy: Policy, at now: Timestamp
    ) -> Acceptance {
        let acceptance = Acceptance(
            alert: alert, source: received.source,
            asks: Self.asks(alert.shedHints, feed: alert.feedTag, site: site, policy: policy), at: now)
        pending[received.sequence] = acceptance
        if alert.status == .resolved { heardOver.insert(alert.breachID) }
        return acceptance
    }

    mutating func accepted(_ sequence: Int64, at now: Timestamp) {
        guard let acceptance = pending.removeValue(forKey: sequence) else { return }
        let alert = acceptance.alert
        var breach =
            breaches[alert.breachID] ?? Breach(source: acceptance.source, feed: alert.feedTag, acceptedAt: now)
        breach.acceptedAt = now
        if alert.status != .resolved { breach.asks += acceptance.asks }
        if alert.status == .resolved || ended[alert.breachID] != nil {
            breach.isOpen = false
            breach.resolvedAt = breach.resolvedAt ?? ended[alert.breachID] ?? acceptance.at
        }
        breaches[alert.breachID] = breach
    }

    /// An operator ends a breach: the agent knows, and then it is durable.
    mutating func heardRelease(_ breach: UUIDText, isHurried: Bool, at now: Timestamp) {
        heardOver.insert(breach)
        if isHurried { heardHurried.insert(breach) }
        heardReleases[breach] = now
    }

    mutating func released(_ breach: UUIDText, isHurried: Bool, at time: Timestamp) {
        if isHurried { hurried.insert(breach) }
        let now = heardReleases[breach] ?? time
        ended[breach] = now
        breaches[breach]?.isOpen = false
        if breaches[breach]?.resolvedAt == nil { breaches[breach]?.resolvedAt = now }
    }

    // MARK: Drills

    mutating func heard(_ order: DrillOrder, site: Site, policy: Policy, at now: Timestamp) {
        var policy = policy
        policy.powerCapDefault = order.share
        let hints = order.names.map {
            ShedHint(
                resourceID: $0, resourceType: site.resource(named: $0)?.type ?? .node, action: .powerCap, priority: 1)
        }
        var drill = Breach(source: "drill", feed: Reach.anyFeed, acceptedAt: now)
        drill.asks = Self.asks(hints, feed: Reach.anyFeed, site: site, policy: policy)
        drill.drill = Drill(order: order, startedAt: now)
        heardDrills[order.id] = drill
        hurried.insert(order.id)
    }

    mutating func begun(_ order: DrillOrder) { breaches[order.id] = breaches[order.id] ?? heardDrills[order.id] }

    /// Those that are not over as far as is known.
    var openDrills: [(id: UUIDText, drill: Drill)] {
        breaches.merging(heardDrills) { known, _ in known }.compactMap { id, breach in
            breach.isOpen && !heardOver.contains(id) ? breach.drill.map { (id, $0) } : nil
        }
    }

    mutating func endDrill(_ id: UUIDText, at now: Timestamp) {
        heardDrills[id]?.isOpen = false
        heardDrills[id]?.resolvedAt = now
        breaches[id]?.isOpen = false
        if breaches[id]?.resolvedAt == nil { breaches[id]?.resolvedAt = now }
    }

    /// The process died: what it had not made durable was never so.
    mutating func forgetUndurable() {
        pending = [:]
        heardOver = []
        heardDrills = [:]
        heardReleases = [:]
        heardHurried = []
    }

    /// Whether an operator has let a breach go without hold-down and steps, as far as the process knows.
    func isHurried(_ breach: UUIDText) -> Bool { hurried.contains(breach) || heardHurried.contains(breach) }

    // MARK: What they ask

    private static func asks(_ hints: [ShedHint], feed: String, site: Site, policy: Policy) -> [Ask] {
        var seen: Set<[String]> = []
        return hints.compactMap { hint in
            // Of repetitions in one alert only the first counts.
            let name = [hint.resourceID, hint.resourceType.rawValue, hint.action.rawValue]
            guard seen.insert(name).inserted else { return nil }
            let reach = Reach(site: site, hint: hint, feed: feed)
            return Ask(
                hint: hint, targets: targets(reach, hint, policy),
                budget: reach.isBudget ? hint.targetPower?.watts.wholeWatts : nil)
        }
    }

    /// The inventory was read again. What is met through what is inside is looked up when that is seen to be needed.
    mutating func reload(_ site: Site, _ policy: Policy) {
        for (id, breach) in breaches where breach.isOpen {
            breaches[id]?.asks = breach.asks.map { Self.reloaded($0, breach.feed, site, policy) }
        }
        for (sequence, acceptance) in pending {
            pending[sequence]?.asks = acceptance.asks.map {
                Self.reloaded($0, acceptance.alert.feedTag, site, policy)
            }
        }
    }

    private static func reloaded(_ ask: Ask, _ feed: String, _ site: Site, _ policy: Policy) -> Ask {
        var ask = ask
        let known = Set(ask.targets.map(\.resource))
        for var target in targets(Reach(site: site, hint: ask.hint, feed: feed), ask.hint, policy)
        where target.isInside && !known.contains(target.resource) {
            target.isLate = true
            ask.targets.append(target)
        }
        return ask
    }

    private static func targets(_ reach: Reach, _ hint: ShedHint, _ policy: Policy) -> [Ask.Target] {
        reach.resources.map {
            Ask.Target(
                resource: $0.id, type: $0.type, node: HistorySite.node(of: $0.id),
                watts: reach.isBudget ? HistorySite.maximum : watts(hint, on: $0, policy), isMember: reach.isBudget,
                isInside: HistorySite.trayGPUs.contains($0.id) && hint.resourceID != $0.id)
        }
    }

    private static func watts(_ hint: ShedHint, on target: Resource, _ policy: Policy) -> Int? {
        switch hint.action {
        case .suspend: target.type == .gpu ? HistorySite.minimum : nil
        case .throttle: policy.throttlePower.of(HistorySite.maximum)
        case .powerCap:
            min(
                hint.targetPower?.watts.wholeWatts ?? policy.powerCapDefault.of(HistorySite.maximum),
                HistorySite.maximum)
        }
    }

    /// The loosest that a target may be left with, by all floors that there were.
    func bound(on target: Ask.Target) -> Int? {
        // What several resources have in common is held by the bounds of each.
        let highest = (sharers[target.resource] ?? [target.resource]).compactMap { floors[$0]?.max() }.max()
        return target.watts.map { max($0, HistorySite.minimum, highest ?? 0) }
    }

    /// The tightest.
    func lowest(on target: Ask.Target) -> Int? {
        target.watts.map { max(target.isMember ? 0 : $0, HistorySite.minimum, floors[target.resource]?.min() ?? 0) }
    }

    enum Which { case open, all }

    /// What breaches ask, each with its breach. For what is open: as the process knows it.
    func asks(_ which: Which) -> [(breach: UUIDText, ask: Ask)] {
        var all: [(UUIDText, Ask)] = []
        for (id, breach) in breaches where which == .all || breach.isOpen && !heardOver.contains(id) {
            for ask in breach.asks { all.append((id, ask)) }
        }
        for (id, drill) in heardDrills where breaches[id] == nil && (which == .all || drill.isOpen) {
            for ask in drill.asks { all.append((id, ask)) }
        }
        return all
    }

    func targets(_ which: Which, of bmc: VirtualBMC, at place: String) -> [Ask.Target] {
        asks(which).flatMap(\.ask.targets).filter {
            $0.node == bmc.node && $0.watts != nil && bmc.place(of: $0.resource) == place
        }
    }

    /// Whether a breach asks for a node's suspension.
    func wantsSuspended(_ node: String, _ which: Which) -> Bool {
        asks(which).contains { $0.ask.targets.contains { $0.node == node && $0.watts == nil } }
    }

    /// The open breaches that ask for a node's suspension.
    func suspending(_ node: String) -> Set<UUIDText> {
        Set(
            asks(.open).filter { $0.ask.targets.contains { $0.node == node && $0.watts == nil } }.map(\.breach))
    }

    /// How many breaches a source has open, those included of which the disk does not know yet.
    func openCount(of source: String) -> Int {
        let known = breaches.filter { $0.value.source == source && $0.value.isOpen && !heardOver.contains($0.key) }
        let coming = pending.values.filter { $0.source == source && $0.alert.status != .resolved }
            .map(\.alert.breachID).filter { breaches[$0] == nil && !heardOver.contains($0) }
        return known.count + Set(coming).count
    }

    /// Whose a breach is, as far as the process knows.
    func source(of breach: UUIDText) -> String? {
        breaches[breach]?.source ?? pending.values.first { $0.alert.breachID == breach }?.source
    }

    func isOver(_ breach: UUIDText) -> Bool {
        heardOver.contains(breach) || breaches[breach]?.isOpen == false
    }
}
