import PowerEvents
import Site

@testable import Shedding

/// What must be so, whatever happened.
extension World {
    // MARK: Starts

    func isOld(_ contents: Core.Contents) -> Bool {
        let isEmpty = contents.breaches.allSatisfy(\.isClosed) && contents.controls.isEmpty && contents.inbox.isEmpty
        guard !isEmpty, let last = contents.lastRecordAt else { return false }
        return wall - last > policy.maxHold || last - wall > ClockSkew.tolerated
    }

    /// What an old journal holds nobody may touch before an operator has said so.
    func park(_ contents: Core.Contents) {
        parked = []
        guard isOld(contents) else { return }
        for (node, bmc) in bmcs {
            for register in bmc.machine.registers.values where register.owed?.hasTaken == true {
                parked.insert(register.id)
            }
            if bmc.machine.suspension != nil, !bmc.machine.power.isDown || model.wantsSuspended(node, .open) {
                continue
            }
            if bmc.machine.isDownByAgent { parked.insert(node + " power") }
        }
        for (_, ask) in model.asks(.open) {
            // What is inside and was not come to yet is not held for it.
            for target in ask.targets where !target.isInside {
                let place = bmcs[target.node]?.place(of: target.resource) ?? target.resource
                // Nor is it known by another name before it was written.
                if target.watts != nil, bmcs[target.node]?.isShared(place) == true { continue }
                parked.insert(target.watts == nil ? target.node + " power" : place)
            }
        }
    }

    // MARK: Calm

    func isDown(_ node: String) -> Bool { bmcs[node].map { $0.machine.power.isDown } ?? false }

    private func satisfies(_ target: Model.Ask.Target) -> Bool {
        bmcs[target.node]?.machine.advance(to: time.now)
        guard let bmc = bmcs[target.node], let bound = model.bound(on: target) else { return isDown(target.node) }
        guard let watts = bmc.register(of: target.resource)?.watts else { return isDown(target.node) }
        return watts <= bound + bmc.tolerance || isDown(target.node)
    }

    /// After a while of peace: what breaches that are open hold.
    func checkHolds() {
        for (id, breach) in model.breaches where breach.isOpen && breach.drill == nil {
            guard let (report, at) = reports[id] else { return fail("breach \(id.text.prefix(2)) was never answered") }
            if at < breach.acceptedAt { fail("the last alert of breach \(id.text.prefix(2)) was not answered") }
            if report.action != .applied { fail("an open breach was reported as \(report.action)") }
            for ask in breach.asks {
                // Members that are cut further because of what meters show are in progress again, for whomever.
                let isInProgress = report.diagnosticMessage?.contains("in progress") == true
                guard
                    let result = report.results.last(where: {
                        $0.resourceID == ask.hint.resourceID && $0.requestedAction == ask.hint.action
                            && $0.resourceType == ask.hint.resourceType && $0.message?.hasPrefix("duplicate") != true
                    })
                else {
                    if isInProgress, ask.targets.contains(where: isInBudget) { continue }
                    return fail("\(ask.hint.action) \(ask.hint.resourceID) has no result in the last report")
                }
                if let budget = ask.budget { checkBudget(ask, result, budget) }
                for target in ask.targets where !target.isMember && !target.isLate && !satisfies(target) {
                    // It was protected when its turn came, and the report says so.
                    if target.isInside, result.message?.contains("\(target.resource): protected") == true { continue }
                    // It is none of the hint's by the inventory of its latest alert.
                    let latest = breach.asks.last {
                        $0.hint.resourceID == ask.hint.resourceID && $0.hint.action == ask.hint.action
                    }
                    if result.code == .applied,
                        latest?.targets.contains(where: { $0.resource == target.resource }) == false
                    {
                        continue
                    }
                    let holds =
                        "\(target.resource) holds \(value(target)) where \(ask.hint.action) allows \(model.bound(on: target).map { "\($0) W" } ?? "none")"
                    if result.code == .applied {
                        fail("reported as applied, but \(holds)")
                    } else if !Self.isExcused(result.message ?? "") {
                        fail("\(holds); the report says \(result.code.rawValue): \(result.message ?? "")")
                    }
                }
            }
        }
    }

    /// Whether what is asked for is cut for a budget as well.
    private func isInBudget(_ target: Model.Ask.Target) -> Bool {
        guard let bmc = bmcs[target.node] else { return false }
        return model.targets(.open, of: bmc, at: bmc.place(of: target.resource)).contains(where: \.isMember)
    }

    /// What is held is metered again and again, whatever else is due, unless the inventory no longer has it.
    func checkMetering() {
        guard history.hasTrays else { return }
        for (node, bmc) in bmcs where bmc.machine.registers.values.contains(where: { $0.author == .agent }) {
            let isHeld = model.asks(.open).contains { ask in
                ask.ask.targets.contains { $0.node == node && $0.watts != nil }
            }
            // What is not in the inventory any more is put back, and not measured.
            if !isHeld || site.resources[node] == nil { continue }
            if let at = view.meteredAt[node], time.now - at <= policy.meterEvery * 2.5 + .seconds(1) { continue }
            fail("\(node) is held and was not metered for a while")
        }
    }

    func value(_ target: Model.Ask.Target) -> String {
        guard let bmc = bmcs[target.node] else { return "nothing" }
        return "\(Self.text(bmc.register(of: target.resource)?.watts)) (\(bmc.machine.power.rawValue))"
    }

    /// Reasons that hold although everything is well again.
    static func isExcused(_ message: String) -> Bool {
        [
            "contended", "max_suspended", "max_unreachable", "allows none of", "protected", "inventory no longer has",
            "another machine", "accepted the write", "nothing tells",
        ].contains { message.contains($0) }
    }

    // MARK: The end

    func checkEnd() throws {
        if let key = disk.controls.keys.min() { fail("\(key) is still in the journal") }
        for (node, bmc) in bmcs {
            for machine in [bmc.machine, bmc.spare].compactMap({ $0 }) { checkEnd(of: machine, node) }
        }
        for (id, breach) in model.breaches where breach.drill == nil { checkEnd(of: id, breach) }
        if !disk.inbox.isEmpty { fail("\(disk.inbox.count) alerts are left in the inbox") }
        if let mirror, let difference = mirror.difference(from: disk.contents) { fail(difference) }
        if let counted = cluster?.etcd.shards?.counted, counted > 0 { fail("\(counted) nodes still count as down") }
        checkBounds()
    }

    private func checkEnd(of machine: VirtualMachine, _ node: String) {
        if machine.power != .on, bmcs[node]?.isPowerBeyondTelling != true {
            fail("\(machine.serial) is \(machine.power)")
        }
        for register in machine.registers.values
        where register.author == .agent && bmcs[node]?.isBeyondTelling(register.id) != true {
            let priors = register.owed?.priors ?? register.lastPrior.map { [$0] } ?? []
            if !priors.contains(register.watts) {
                fail(
                    "\(register.id) is left at \(Self.text(register.watts)) by the agent; it held \(priors.map(Self.text).joined(separator: " or "))"
                )
            }
        }
    }

    private func checkEnd(of id: UUIDText, _ breach: Model.Breach) {
        func name(_ ask: Model.Ask) -> String { "\(ask.hint.action.rawValue) \(ask.hint.resourceID)" }
        let due = breach.asks.filter { !$0.targets.isEmpty }
        guard let (report, at) = reports[id] else { return fail("breach \(id.text.prefix(2)) was never answered") }
        if at < breach.acceptedAt { fail("the end of breach \(id.text.prefix(2)) was not answered") }
        if !due.isEmpty, report.action != .reverted {
            fail("a resolved breach was last reported as \(report.action)")
        }
        if report.diagnosticMessage?.contains("in progress") == true { fail("the last report is not the whole") }
        // When all is well again, what was tried again and again is back, and said to be.
        for result in report.results where result.code == .failed && result.resourceType != .chassis {
            let message = result.message ?? ""
            if !Self.isExcused(message), !message.contains("still held by") {
                fail("the last report of breach \(id.text.prefix(2)) says: \(result.resourceID) \(message)")
            }
        }
        let told = Set(report.results.map { "\($0.requestedAction.rawValue) \($0.resourceID)" })
        // What was resolved before it was begun has nothing to be put back; what was said to be held is said to be let go.
        let borne = due.filter { ask in
            // A budget may be kept by what is there, without a write for it.
            ask.budget == nil || !written[id, default: []].isDisjoint(with: ask.targets.map(\.node))
        }
        for missing in Set(borne.map(name)).subtracting(told).sorted()
        where toldApplied[id, default: []].contains(missing) {
            fail("the last report of breach \(id.text.prefix(2)) says nothing of \(missing)")
        }
    }

    /// When all is over, nothing is left of it but that the breaches are known.
    private func checkBounds() {
        guard let core = agent?.core else { return }
        let breaches = core.book.breaches.count
        if !core.book.controls.isEmpty { fail("\(core.book.controls.count) controls are kept in memory") }
        for breach in disk.breaches.values where !breach.plans.isEmpty || !breach.releaseOutcomes.isEmpty {
            fail("the plans of a breach that is over are kept")
        }
        // Going through all of it takes longer than some histories.
        guard history.seed % 4 == 0 else { return }
        let size = Self.size(of: core)
        if size > 2000 + breaches * 50 { fail("\(size) elements are kept in memory when all is over") }
    }

    /// The elements of all collections in a value, but for the inventory and what the journal held at the start.
    private static func size(of value: Any, depth: Int = 0) -> Int {
        let mirror = Mirror(reflecting: value)
        if depth > 6 { return 0 }
        var size = 0
        switch mirror.displayStyle {
        case .dictionary, .set, .collection: size += mirror.children.count
        default: break
        }
        for child in mirror.children where !["site", "contents", "patrol"].contains(child.label) {
            size += Self.size(of: child.value, depth: depth + 1)
        }
        return size
    }
}
