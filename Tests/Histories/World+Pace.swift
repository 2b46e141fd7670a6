import PowerEvents
import Shedding

/// When something may go out: sheds before releases, lower numbers first, not before the hold-down, and in steps.
extension World {
    // MARK: Order

    /// An alert was accepted: what it asks of limits that nothing was asked of before is waited for.
    func expect(_ acceptance: Model.Acceptance) {
        let alert = acceptance.alert
        guard frozen.isEmpty, parked.isEmpty, alert.status != .resolved,
            alert.shedHints.count <= 256
        else { return expectNoMore(ofWhatAlsoAsks: acceptance) }
        // Where a later alert changes what is held, what is begun when is more than this can tell.
        let isFirst = model.pending.values.count { $0.alert.breachID == alert.breachID } == 1
        guard model.breaches[alert.breachID] == nil, isFirst else {
            expectNoMore(ofWhatAlsoAsks: acceptance)
            return expectNoMore(of: alert.breachID)
        }
        let isEager = policy.pace == .eager || policy.pace == .auto && alert.severity == .critical
        // What another breach asks for as well comes with the urgency of either.
        let first =
            acceptance.asks.flatMap { ask in ask.targets.map { min(ask.hint.priority, otherPriority(of: $0)) } }.min()
            ?? 0
        var priorities: [String: (node: String, priority: Int)] = [:]
        let suspended = Set(acceptance.asks.flatMap(\.targets).filter { $0.watts == nil }.map(\.node))
        // What is met through what is inside is begun with what turns out to have no limit of its own.
        let inside = Set(
            acceptance.asks.flatMap(\.targets).filter { $0.isInside || $0.isMember }.map {
                bmcs[$0.node]?.place(of: $0.resource) ?? $0.resource
            })
        for ask in acceptance.asks {
            for target in ask.targets where target.watts != nil {
                guard let bmc = bmcs[target.node] else { continue }
                let place = bmc.place(of: target.resource)
                guard !suspended.contains(target.node), !model.wantsSuspended(target.node, .all),
                    !inside.contains(place)
                else {
                    view.waiting[place] = nil
                    continue
                }
                // Asked for twice, it is begun when either is.
                if view.waiting.removeValue(forKey: place) != nil { continue }
                // What came in with it may ask for it as well, and have begun with it.
                let isAskedOtherwise = model.pending.values.contains { other in
                    other.alert.breachID != alert.breachID
                        && other.asks.contains { ask in
                            ask.targets.contains { $0.node == bmc.node && bmc.place(of: $0.resource) == place }
                        }
                }
                let isFresh =
                    !isAskedOtherwise && model.targets(.all, of: bmc, at: place).isEmpty && view.waiting[place] == nil
                    && bmc.machine.registers[place]?.owed == nil && bmc.machine.registers[place]?.closing == nil
                    && !disk.controls.keys.contains { bmc.place(of: $0.resource) == place && $0.facet == .powerLimit }
                guard isFresh else { continue }
                let known = priorities[place]?.priority ?? .max
                priorities[place] = (target.node, min(known, ask.hint.priority))
            }
        }
        for (place, (node, priority)) in priorities {
            view.waiting[place] = .init(
                node: node, breach: alert.breachID, priority: priority, isFirst: isEager || priority == first)
        }
    }

    /// The urgency with which open breaches ask for a limit.
    private func otherPriority(of target: Model.Ask.Target) -> Int {
        guard let bmc = bmcs[target.node] else { return .max }
        let place = bmc.place(of: target.resource)
        let known = model.asks(.open).map(\.ask) + model.pending.values.flatMap(\.asks)
        return known.filter { ask in
            ask.targets.contains { $0.node == bmc.node && bmc.place(of: $0.resource) == place }
        }.map(\.hint.priority).min() ?? .max
    }

    /// A read begins, and with the first of its run what is to be done there.
    func checkOrder(of order: ReadOrder) {
        let key = order.entry.key
        let node = HistorySite.node(of: key.resource)
        if order.timeLeft > longestDeadline { fail("a read of \(key) may take longer than the deadline") }
        defer { view.lastRead[node] = time.now }
        guard view.runs[key]?.id != order.id else { return }
        view.runs[key] = .init(id: order.id, start: time.now)
        note("begins \(key) \(order.id) p\(order.priority)")
        guard let bmc = bmcs[node] else { return }
        let place = bmc.place(of: key.resource)
        if key.facet == .powerLimit { bmcs[node]?.machine.registers[place]?.awaited = nil }
        let own = key.facet == .powerLimit ? view.waiting.removeValue(forKey: place) : nil
        // Over several connections what is begun first need not be read first.
        guard !view.waiting.isEmpty, history.bounds.slotsPerBMC == 1 else { return }
        if let own {
            for (other, waiting) in view.waiting
            where waiting.breach == own.breach && waiting.priority < own.priority
                && (waiting.node == node || isAtLeisure(waiting.node))
            {
                failUnlessBegun(
                    other, "\(key) of priority \(own.priority) is begun before \(other) of priority \(waiting.priority)"
                )
            }
        } else if isRelease(key, bmc, place) {
            for (other, waiting) in view.waiting
            where waiting.isFirst && (waiting.node == node || isAtLeisure(waiting.node)) {
                failUnlessBegun(
                    other,
                    "\(key) is being released while \(other) waits to be shed for breach \(waiting.breach.text.prefix(2))"
                )
            }
        }
    }

    /// What is begun at the same moment on two BMCs is begun in no order.
    private func failUnlessBegun(_ place: String, _ what: String) {
        let life = lives
        time.after(.zero) { [self] in if lives == life, view.waiting[place] != nil { fail(what) } }
    }

    /// Whether a BMC that is not spoken to has nothing under way that its other controls would have to wait for. A look of
    /// the patrol or at its meter ends with its request.
    private func isAtLeisure(_ node: String) -> Bool {
        if view.visited.contains(node) || isDiskBad || commitTime > .seconds(1) { return false }
        // Of a process that has just started, what it has laid out waits for the disk.
        if time.now - startedAt < .seconds(1) { return false }
        // What it was asked for last may wait for the disk.
        if let healed = diskHealedAt, time.now - healed < .seconds(15) { return false }
        return view.lastRead[node].map { time.now - $0 > .seconds(15) } ?? true
    }

    private func isRelease(_ key: ControlKey, _ bmc: VirtualBMC, _ place: String) -> Bool {
        switch key.facet {
        case .powerLimit:
            bmc.machine.registers[place]?.owed?.hasTaken == true
                && isLetGo { $0.node == bmc.node && bmc.place(of: $0.resource) == place }
        case .powerState:
            bmc.machine.suspension != nil && isLetGo { $0.node == bmc.node && $0.watts == nil }
        case .speedLimit, .powerMode, .gpuTotal: false
        }
    }

    /// Whether every breach that asked for it is over, and its hold-down as well.
    private func isLetGo(_ isMeant: (Model.Ask.Target) -> Bool) -> Bool {
        let isAskedAnew = model.pending.values.contains {
            $0.asks.contains { $0.targets.contains(where: isMeant) }
        }
        return !isAskedAnew
            && model.breaches.allSatisfy { id, breach in
                if let at = breach.resolvedAt, time.now - at >= History.holdDown || model.isHurried(id) { return true }
                return !breach.asks.contains { $0.targets.contains(where: isMeant) }
            }
    }

    /// Asked for twice, a limit is begun when either is.
    private func expectNoMore(ofWhatAlsoAsks acceptance: Model.Acceptance) {
        for target in acceptance.asks.flatMap(\.targets) {
            view.waiting[bmcs[target.node]?.place(of: target.resource) ?? target.resource] = nil
        }
    }

    /// What is over is not waited for.
    func expectNoMore(of breach: UUIDText) { view.waiting = view.waiting.filter { $0.value.breach != breach } }

    // MARK: Hold-down and ramp

    /// Whether a time that the agent counted from is not spoiled by a clock that was set.
    private func isCounted(since time: Timestamp) -> Bool { lastJump.map { $0 < time } ?? true }

    /// Nothing lets more through than was held for a breach whose hold-down is not over.
    func checkHoldDown(
        loosenedTo watts: Int, _ look: ProcessView.Look, _ key: ControlKey, _ bmc: VirtualBMC, _ place: String
    ) {
        guard look.author == .agent, let held = look.watts, watts > held + bmc.tolerance else { return }
        checkHoldDown(
            of: place,
            { target in
                target.node == bmc.node && bmc.place(of: target.resource) == place
                    && self.model.bound(on: target).map { $0 < watts } == true
            }, "\(key) let go")
    }

    /// Something is done for the breaches that are open and ask for it.
    func bear(_ place: String, _ isMeant: (Model.Ask.Target) -> Bool) {
        for (id, breach) in model.breaches
        where breach.isOpen && breach.asks.contains(where: { $0.targets.contains(where: isMeant) }) {
            if place.hasSuffix(" power"), isLeftUp(HistorySite.node(of: String(place.dropLast(6))), by: id) { continue }
            bearing[id, default: []].insert(place)
        }
    }

    func checkHoldDown(of place: String, _ isMeant: (Model.Ask.Target) -> Bool, _ what: String) {
        for (id, breach) in model.breaches {
            guard let at = breach.resolvedAt, isCounted(since: at), time.now - at < History.holdDown - clockSlack,
                !model.isHurried(id),
                bearing[id]?.contains(place) == true,
                breach.asks.contains(where: { $0.targets.contains(where: isMeant) })
            else { continue }
            // What a suspension covers is held by that.
            let node = HistorySite.node(of: place)
            let isCovered = breach.asks.contains { $0.targets.contains { $0.node == node && $0.watts == nil } }
            if isCovered, !place.hasSuffix(" power") { continue }
            fail("\(what) \(time.now - at) after the end of breach \(id.text.prefix(2)), within its hold-down")
        }
    }

    /// No more is let go of in the time that has passed than the steps allow.
    func checkRamp(_ key: ControlKey, _ bmc: VirtualBMC, _ place: String) {
        for (id, breach) in model.breaches {
            let places = places(of: breach)
            // What others hold as well is let go of with the last of them.
            let isOwn = bearing.allSatisfy { $0.key == id || !$0.value.contains(place) }
            guard places.contains(place), isOwn, !model.isHurried(id), bearing[id]?.contains(place) == true,
                let at = breach.resolvedAt, isCounted(since: at)
            else { continue }
            releasedAt[id, default: [:]][place] = releasedAt[id]?[place] ?? time.now
            // Of several names of one limit the agent may not know yet that they are.
            var names = Set(breach.asks.flatMap(\.targets).map { "\($0.resource) \($0.watts == nil)" })
            // That a tray has none of its own the agent may not have seen.
            names.formUnion(breach.asks.flatMap(\.targets).filter(\.isInside).map { "\($0.node) false" })
            let share = policies.map { $0.step.of(names.count) }.max() ?? 1
            let since = (time.now - at - History.holdDown + clockSlack) / (History.every * 0.89)
            let allowed = (Int(max(0, since)) + 1) * max(1, share)
            let count = releasedAt[id]?.count ?? 0
            if count > allowed {
                fail("\(count) limits of breach \(id.text.prefix(2)) are let go of, \(allowed) may be by now")
            }
        }
    }

    private func places(of breach: Model.Breach) -> Set<String> {
        Set(
            breach.asks.flatMap(\.targets).map { target in
                target.watts == nil
                    ? target.node + " power" : bmcs[target.node]?.place(of: target.resource) ?? target.resource
            })
    }
}
