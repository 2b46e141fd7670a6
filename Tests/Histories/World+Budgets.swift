import PowerEvents
import Shedding
import Site

/// Meters, and budgets: what is met by several limits together.
extension World {
    // MARK: What is shown

    /// What a look of the patrol shows of a resource.
    func sight(of resource: Resource) -> Sight {
        guard history.hasTrays, let bmc = bmcs[HistorySite.node(of: resource.id)], bmc.fault(at: time.now) == nil else {
            return Sight()
        }
        var sight = resource.type == .node ? self.sight(of: [resource]) : Sight()
        let key = ControlKey(resource: resource.id, facet: .powerLimit)
        if let register = bmc.register(of: resource.id) {
            let range = PowerRange(minimum: Watts(HistorySite.minimum), maximum: Watts(HistorySite.maximum))
            sight.controls[key] = ControlSight(range: range, limit: register.shown(at: time.now).map { Watts($0) })
        } else {
            sight.controls[key] = ControlSight(isMissing: true)
            view.seenMissing[resource.id] = view.seenMissing[resource.id] ?? time.now
        }
        return sight
    }

    /// What meters show. Sometimes they show nothing, or what is too old to count.
    func sight(of machines: [Resource]) -> Sight {
        var sight = Sight()
        guard history.hasTrays else { return sight }
        for machine in machines {
            let node = HistorySite.node(of: machine.id)
            view.meteredAt[node] = time.now
            bmcs[node]?.machine.advance(to: time.now)
            guard let bmc = bmcs[node], bmc.fault(at: time.now) == nil, !random.chance(15) else { continue }
            let watts = bmc.watts
            for (resource, drawn) in watts { sight.watts[resource] = Watts(drawn) }
            if HistorySite.trays.contains(node), let whole = watts[node] {
                let inside = watts.values.reduce(0, +) - whole
                toldRests[node, default: []].insert(whole - inside)
            }
        }
        return sight
    }

    // MARK: What may be said

    /// The least that a tray was ever known to draw beside its GPUs; nil where nothing has told.
    private func knownRest(of node: String) -> Int? {
        [site.resources[node]?.rest?.wholeWatts, toldRests[node]?.min()].compactMap { $0 }.min()
    }

    /// Sums over what is met together, each limit once.
    private struct Sum {
        var watts = 0
        var tolerance = 0
        /// What those hold that have come to be protected, which may be told of as well until they are looked at again.
        var protectedWatts = 0
        /// Whether none of them can be lower.
        var isAtFloors = true
        var isRestKnown = true
        /// Whether each of them is there and was read.
        var isWhole = true
    }

    private func sum(
        _ ask: Model.Ask, rest: (String) -> Int?, isOff: (String) -> Bool, isGone: (String) -> Bool = { _ in false },
        held: (VirtualBMC, String) -> Int?
    ) -> Sum {
        var sum = Sum()
        var places: Set<String> = []
        for target in ask.targets {
            guard let bmc = bmcs[target.node], !isOff(target.node), !isGone(bmc.place(of: target.resource)) else {
                sum.isWhole = false
                continue
            }
            // What has come to be protected counts with what it draws, and is not held.
            let place = bmc.place(of: target.resource)
            if target.isLate || site.resources[target.resource]?.isProtected == true {
                if !places.contains(place) { sum.protectedWatts += held(bmc, place) ?? HistorySite.maximum }
                continue
            }
            guard places.insert(place).inserted else { continue }
            sum.tolerance += bmc.tolerance
            // What is not limited, or cannot be read, may be as high as it goes.
            let held = held(bmc, place)
            if held == nil { sum.isWhole = false }
            let watts = held ?? HistorySite.maximum
            sum.watts += watts
            let floor = max(HistorySite.minimum, model.floors[target.resource]?.max() ?? 0, bmc.ways.clamp ?? 0)
            if watts > floor + bmc.tolerance { sum.isAtFloors = false }
        }
        for tray in Set(ask.targets.map(\.node)) where HistorySite.trays.contains(tray) && !isOff(tray) {
            guard let rest = rest(tray) else {
                sum.isRestKnown = false
                continue
            }
            sum.watts += rest
        }
        return sum
    }

    /// Of what is met together, the sum is what counts: as the agent last read it, and with what meters had told.
    func checkBudget(_ result: EnforcementResult, _ asks: [Model.Ask], of breach: UUIDText) {
        guard let ask = asks.last, let budget = asks.compactMap(\.budget).max() else { return }
        for target in ask.targets {
            let place = bmcs[target.node]?.place(of: target.resource) ?? target.resource
            bearing[breach, default: []].insert(place)
        }
        let sum = sum(ask, rest: knownRest) {
            view.powers[$0]?.state.isDown ?? false || isDown($0)
        } isGone: {
            view.saidOff.contains($0)
        } held: { _, place in
            view.looks[place]?.watts
        }
        let name = ask.hint.resourceID
        let words = result.message ?? ""
        if !sum.isRestKnown { fail("\(name) applied, although nothing told what its trays draw: \(words)") }
        let said = result.appliedPower?.watts.wholeWatts ?? budget
        if sum.watts > said + sum.tolerance {
            fail("\(name) applied at \(said) W, but its limits were read as \(sum.watts) W together: \(words)")
        }
        // What is drawn and not held counts as well, and what is down with its rest.
        let hasOthers = ["protected", "not allowed", "node is off", "suspend", "401", "403", "unknown"].contains {
            words.contains($0)
        }
        guard result.appliedPower != nil, !hasOthers, sum.isWhole else { return }
        // What did not come about is named, and counts with the most that it can be.
        let named = ask.targets.count { words.contains("\($0.resource): ") }
        let rests = Set(ask.targets.map(\.node)).compactMap { node in
            (Array(toldRests[node] ?? []) + [site.resources[node]?.rest?.wholeWatts ?? 0]).max()
        }
        // What an earlier alert asked of, and the later one may not, is held on.
        let meant = Set(ask.targets.map(\.resource))
        let earlier = Set(asks.flatMap(\.targets).map(\.resource)).subtracting(meant).map { resource in
            (bmcs[HistorySite.node(of: resource)]?.place(of: resource)).flatMap { view.looks[$0]?.watts }
                ?? HistorySite.maximum
        }
        let others = sum.protectedWatts + earlier.reduce(0, +) + named * HistorySite.maximum + rests.reduce(0, +)
        if said > sum.watts + others + sum.tolerance {
            fail("\(name) applied at \(said) W, but its limits were read as no more than \(sum.watts) W: \(words)")
        }
    }

    /// After a while of peace: budgets are kept by what is in force, and by what meters show.
    func checkBudget(_ ask: Model.Ask, _ result: EnforcementResult, _ budget: Int) {
        let name = ask.hint.resourceID
        let words = "the report says \(result.code.rawValue): \(result.message ?? "")"
        let isExcused = result.code != .applied && Self.isExcused(result.message ?? "")
        let caps = sum(ask, rest: knownRest, isOff: isDown) { $0.machine.registers[$1]?.watts }
        if caps.watts > budget + caps.tolerance, !caps.isAtFloors, !isExcused {
            fail("\(name) is held at \(caps.watts) W, of which \(budget) were asked; \(words)")
        }
        let drawn = sum(ask, rest: { bmcs[$0]?.load.rest }, isOff: isDown) { bmc, place in
            let names = bmc.load.workloads.keys.filter { bmc.place(of: $0) == place }
            return names.compactMap { bmc.watts[$0] }.reduce(0, +)
        }
        if isBeingCut(ask) { return }
        if drawn.watts > budget + drawn.tolerance, !caps.isAtFloors, !isExcused, !words.contains("the meter shows") {
            fail("\(name) draws \(drawn.watts) W, of which \(budget) were asked; \(words)")
        }
    }

    /// Whether a member was cut so lately that no meter has told yet what came of it. It is cut step by step, and told of then.
    private func isBeingCut(_ ask: Model.Ask) -> Bool {
        let patience = policy.settleTime + policy.meterEvery * 2 + .seconds(10)
        return ask.targets.contains { target in
            guard let last = bmcs[target.node]?.register(of: target.resource)?.record.last else { return false }
            return last.author == .agent && last.from != last.to && time.now - last.at < patience
        }
    }
}
