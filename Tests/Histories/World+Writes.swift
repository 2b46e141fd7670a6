import PowerEvents
import Shedding
import Site
import StrictJSON

/// Whether a write may go out at all: by the BMC's record of who wrote what, by the signed alerts, and by what is durable.
extension World {
    /// - Returns: whether it puts back what was there
    func check(_ write: Convergence.Write, _ entry: ControlEntry) -> Bool {
        let key = entry.key
        let node = HistorySite.node(of: key.resource)
        guard key.resource != "login", let bmc = bmcs[node] else {
            fail("a write to \(key), which is not to be touched")
            return false
        }
        let place = bmc.place(of: key.resource)
        if let agent { frozen.pass(agent.now) }
        if frozen.contains(key.resource) { fail("a write to \(key) although frozen") }
        if mode == .observe { fail("a write to \(key) in mode: observe") }
        if parked.contains(key.facet == .powerState ? node + " power" : place) {
            fail("a write to \(key), whose earlier hold waits for an operator")
        }
        guard let durable = disk.controls[key], let prior = durable.prior else {
            fail("a write to \(key) without a durable prior")
            return false
        }
        if let run = view.runs[key], time.now - run.start > longestDeadline, lastJump.map({ $0 < run.start }) ?? true {
            fail("a write to \(key) after its deadline")
        }
        switch write {
        case .speed, .mode: fail("a \(write) to \(key), which nobody asked for")
        case .limit(let watts):
            if isRestoreByMeaning(watts.wholeWatts, bmc, place) {
                checkRestore(watts.wholeWatts, key, bmc, place)
                return true
            }
            if durable.intent != .limit(watts) { fail("\(watts) to \(key) without a durable intent") }
            checkLimit(watts.wholeWatts, prior.value.limit?.wholeWatts, key, bmc, place)
        case .restore(let fragment):
            let isLift = fragment.isNull
            if !isLift, fragment != prior.fragment { fail("\(fragment) to \(key), which is not its prior") }
            if !isLift, let dialect = view.looks[place]?.dialect, fragment[dialect.rawValue] == nil {
                fail("\(fragment.text) to \(key), which is of another dialect")
            }
            checkRestore(Self.watts(fragment), key, bmc, place)
            return true
        case .reset(.on), .reset(.resume): checkStart(key, durable, node)
        case .reset(let type): checkShutdown(type, durable, bmc)
        }
        return false
    }

    // MARK: Limits

    /// A limit that has moved gets what its prior means, and not the fragment.
    private func isRestoreByMeaning(_ watts: Int, _ bmc: VirtualBMC, _ place: String) -> Bool {
        // What a suspension covers is not held by itself.
        let isHeld = !model.targets(.open, of: bmc, at: place).isEmpty && !model.wantsSuspended(bmc.node, .open)
        if isHeld || view.looks[place] == nil { return false }
        if bmc.isBeyondTelling(place) { return true }
        guard let register = bmc.machine.registers[place] else { return false }
        let isElsewhere = register.path != Register(id: place, watts: nil).path
        guard let owed = register.owed else {
            // It is back already, and the agent does not know; or it stood there, and went with the power.
            let isKnown = [register.closing, register.lastPrior, register.standing?.watts].contains(.some(watts))
            return isElsewhere && isKnown
        }
        // Of which place the agent knows the prior is its own affair, where it has moved at all.
        let hasMoved = owed.dialect != view.looks[place]?.dialect || isElsewhere
        return hasMoved && owed.priors.contains(watts)
    }

    private func checkLimit(_ watts: Int, _ prior: Int?, _ key: ControlKey, _ bmc: VirtualBMC, _ place: String) {
        guard let look = view.looks[place] else { return fail("\(watts) W to \(key), which was never read") }
        let open = model.targets(.open, of: bmc, at: place)
        // That two names lead to one limit shows when both have been read, and what comes of it in the calm.
        var own = open.filter { $0.resource == key.resource }
        if own.contains(where: { !$0.isInside }) { own.removeAll(where: \.isInside) }
        guard let bound = (own.isEmpty ? open : own).compactMap({ model.bound(on: $0) }).min() else {
            return fail("\(watts) W to \(key), which no open breach asks for")
        }
        // Some hints inside a node that is suspended are left to that suspend, and the others still act.
        let mayBeCovered = model.wantsSuspended(bmc.node, .all)
        let step = bmc.tolerance
        if watts > bound + step, !mayBeCovered { fail("\(watts) W to \(key), \(bound) W were asked for") }
        let lowest = open.compactMap { model.lowest(on: $0) }.min() ?? 0
        let isPrior = watts == prior
        if watts < lowest - step, !isPrior {
            fail("\(watts) W to \(key), of which no open breach asks less than \(lowest)")
        }
        if let prior, watts > prior + step { fail("\(watts) W to \(key), which held \(prior) before") }
        if site.resources[key.resource]?.isProtected == true { fail("\(watts) W to \(key), which is protected") }
        checkDrills(key, at: place, of: bmc)
        bear(place) {
            $0.node == bmc.node && bmc.place(of: $0.resource) == place && $0.watts != nil && isKnown($0, besides: key)
        }
        checkHoldDown(loosenedTo: watts, look, key, bmc, place)
        notePrior(prior, watts, look, key, bmc, place)
        checkMachine(key, bmc, place, isRestore: false)
    }

    /// The prior is what the BMC held when it was read before the first write of the hold.
    private func notePrior(
        _ prior: Int?, _ watts: Int, _ look: ProcessView.Look, _ key: ControlKey, _ bmc: VirtualBMC, _ place: String
    ) {
        guard let register = bmc.machine.registers[place] else { return }
        var owed =
            register.owed
            ?? Register.Owed(
                priors: [look.watts], dialect: look.dialect,
                isIdentified: view.runs[key]?.isIdentified ?? false)
        if register.owed != nil {
            let isForeign = look.author != .agent
            if !owed.hasTaken, !owed.mayGoOn, let overtaken = owed.overtaken, overtaken == view.runs[key]?.id {
                owed.priors = []
            }
            if !owed.hasTaken || owed.isLetGo && isForeign { owed.priors.insert(look.watts) }
            // What somebody else had set to just what was wanted then is that one's, and what was there before this write.
            if isForeign, let left = owed.leftAlone, left.watts == look.watts, left.run != view.runs[key]?.id {
                owed.priors.insert(look.watts)
            }
            if owed.hasTaken, isForeign, owed.isSeenHeld, owed.sent.contains(watts) {
                owed.reassertions += 1
                owed.isSeenHeld = false
                if owed.reassertions > reassertLimit + lives {
                    fail("\(key) was put back \(owed.reassertions) times, \(reassertLimit) are allowed")
                }
            }
        }
        if let standing = register.standing, standing.isGoing { owed.priors.insert(standing.watts) }
        if let promise = register.promised, promise.life < lives { owed.priors.insert(promise.watts) }
        if let closing = register.closing { owed.priors.insert(closing) }
        // It may have been changed since, and been seen by another of its names.
        if owed.attempts == 0, let own = view.ownLooks[key] { owed.priors.insert(own.watts) }
        if bmc.isJustExchanged(at: time.now) || bmc.isBeyondTelling(place) {
            // Within a minute a cap may go to a machine that was not asked who it is.
            owed.isUnknown = true
        } else if !owed.priors.contains(prior) {
            fail(
                "the prior of \(key) is \(Self.text(prior)); its BMC showed \(owed.priors.map(Self.text).sorted().joined(separator: " or "))"
            )
        }
        if bmc.machine.suspension != nil { owed.isPowerCycled = true }
        owed.priors = [prior]
        if owed.isLetGo {
            owed.reassertions = 0
            owed.isLetGo = false
            // What was left to somebody else is capped anew: nothing of this hold has taken. Or it is the same hold, which was not
            // let go of yet, and its prior is by chance what somebody else has set.
            if look.author != .agent, prior == look.watts {
                owed.mayGoOn = true
                owed.hasTaken = false
                owed.attempts = 0
            }
        }
        owed.attempts += 1
        owed.overtaken = nil
        owed.sent.insert(watts)
        bmcs[bmc.node]?.machine.registers[place]?.owed = owed
    }

    static func text(_ watts: Int?) -> String { watts.map { "\($0) W" } ?? "no limit" }

    private func checkRestore(_ watts: Int?, _ key: ControlKey, _ bmc: VirtualBMC, _ place: String) {
        guard let register = bmc.machine.registers[place], let look = view.looks[place] else {
            return fail("\(key) restored without a look")
        }
        let known = model.targets(.open, of: bmc, at: place).filter {
            // It may have come to be protected before.
            if $0.isInside, site.resources[$0.resource]?.isProtected == true { return false }
            return isKnown($0, besides: key)
        }
        if !known.isEmpty, !model.wantsSuspended(bmc.node, .open) {
            fail("\(key) restored while it is held")
        }
        if bmc.isBeyondTelling(place) { return }
        if let at = bmc.exchangedAt, let run = view.runs[key], at >= run.start {
            // It took the other's place after it was asked who it is.
            bmcs[bmc.node]?.mistake(at: place)
            return
        }
        checkMachine(key, bmc, place, isRestore: true)
        guard let owed = register.owed else {
            // An earlier process may have written what it had recorded, as far as this one knows.
            let promises = [bmc.machine, bmc.spare].compactMap { $0?.registers[place]?.promised }
            let isPromised = promises.contains { $0.life < lives && $0.watts == watts }
            // It went with the power that this agent has switched.
            let isLost = bmc.machine.suspension != nil && (look.watts ?? HistorySite.maximum) >= HistorySite.maximum
            if isPromised, isLost || policies.contains(where: { $0.onDrift == .restore }) {
                bmcs[bmc.node]?.machine.registers[place]?.lastPrior = watts
                return
            }
            // Nor can be told whose it is where one machine was taken for the other.
            let isStanding = register.standing.map { $0.isGoing && $0.watts == watts } ?? false
            if isStanding || bmc.isPowerBeyondTelling {
                bmcs[bmc.node]?.machine.registers[place]?.lastPrior = watts
                return
            }
            // It is back already, and the agent does not know.
            if register.closing != .some(watts), register.lastPrior != .some(watts) {
                fail("\(Self.text(watts)) to \(key), of which nothing is owed")
            }
            return
        }
        if !owed.priors.contains(watts) {
            fail(
                "\(Self.text(watts)) to \(key), where its BMC held \(owed.priors.map(Self.text).sorted().joined(separator: " or "))"
            )
        }
        checkHoldDown(loosenedTo: watts ?? .max, look, key, bmc, place)
        checkRamp(key, bmc, place)
        guard policies.allSatisfy({ $0.onDrift == .keep }), look.author == .person || look.author == .otherAgent,
            !look.isTakenForOurs
        else { return }
        if !owed.hasTaken, let refused = owed.refused, refused.isSeen, refused.life == lives,
            !owed.priors.contains(look.watts)
        {
            return fail("\(key) restored over somebody else's \(Self.text(look.watts)), set after ours was refused")
        }
        let isNearOurs = owed.sent.contains { sent in
            // What was never seen to take may have been rounded by its BMC.
            look.watts.map { abs(sent - $0) <= max(1, sent / 8) } ?? false
        }
        // Somebody who sets what the BMC had made of ours is not told from it.
        let isOursAgain = register.record.contains { $0.author == .agent && $0.to == look.watts }
        let isLost = owed.isPowerCycled && (look.watts ?? HistorySite.maximum) >= HistorySite.maximum
        if !isNearOurs, !isOursAgain, !isLost, !owed.priors.contains(look.watts) {
            fail("\(key) restored over somebody else's \(Self.text(look.watts))")
        }
    }

    /// Whether the agent knows that what is asked for is the limit of a key.
    private func isKnown(_ target: Model.Ask.Target, besides key: ControlKey) -> Bool {
        // It is not known to be meant before its tray was seen to have no limit of its own, and has had a second look.
        if target.isInside, !isMissing(target.node, for: .seconds(6)) { return false }
        // That another name leads here as well shows when that has been read.
        return target.resource == key.resource
            || view.ownLooks[ControlKey(resource: target.resource, facet: .powerLimit)] != nil
    }

    private func isMissing(_ tray: String, for duration: Duration) -> Bool {
        view.seenMissing[tray].map { time.now - $0 > duration } ?? false
    }

    /// A prior goes to the machine that it was taken from, and a cap to the one that it was decided for.
    private func checkMachine(_ key: ControlKey, _ bmc: VirtualBMC, _ place: String, isRestore: Bool) {
        guard !bmc.isBeyondTelling(place), let spare = bmc.spare, let run = view.runs[key], run.isIdentified,
            let serial = run.serial,
            let owing = spare.registers[place]?.owed, owing.isIdentified, owing.hasTaken,
            bmc.machine.registers[place]?.owed?.hasTaken != true, serial == bmc.machine.serial
        else { return }
        let isRecent = bmc.exchangedAt.map { run.start - $0 < .seconds(61) } ?? false
        if isRestore || !isRecent { fail("a write to \(key) of another machine, \(serial)") }
    }

    // MARK: Power

    private func checkStart(_ key: ControlKey, _ durable: ControlEntry, _ node: String) {
        if model.suspending(node).contains(where: { !isLeftUp(node, by: $0) }) {
            fail("\(key) powered on while it is held")
        }
        checkReset(node)
        guard let bmc = bmcs[node], let look = view.powers[node] else {
            return fail("\(key) powered on without a look")
        }
        let machine = look.serial == bmc.machine.serial ? bmc.machine : bmc.spare
        if bmc.isPowerBeyondTelling { return }
        guard let suspension = machine?.suspension else { return fail("\(key) powered on, not being ours") }
        if suspension.isLost, !suspension.isEnding { fail("\(key) powered on, which was seen running since") }
        if durable.intent == nil { fail("\(key) powered on without a durable intent") }
        bmcs[node]?.machine.suspension?.isEnding = true
        notePowerCycle(node)
        checkHoldDown(of: node + " power", { $0.node == node && $0.watts == nil }, "\(key) powered on")
    }

    /// Whether a breach was told that no more nodes may be down: that another suspended it later is that one's affair.
    func isLeftUp(_ node: String, by breach: UUIDText) -> Bool {
        func isRefusal(_ reason: SkipReason) -> Bool {
            switch reason {
            case .maxSuspended(node, _, _, _), .suspensionsUnknown(node): true
            case .everyPart(let parts): parts.contains(where: isRefusal)
            default: false
            }
        }
        let plans = disk.breaches[breach]?.plans ?? []
        let isHeld = plans.contains { $0.demand == .suspended && $0.controls.contains { $0.resource == node } }
        return !isHeld
            && plans.contains { plan in
                if case .skipped(let reason) = plan.verdict, isRefusal(reason) { return true }
                return plan.exceptions.contains(where: isRefusal)
            }
    }

    private func checkShutdown(_ type: ResetType, _ durable: ControlEntry, _ bmc: VirtualBMC) {
        let node = bmc.node
        if ![.gracefulShutdown, .pause, .suspend].contains(type) {
            fail("\(type) of \(node), which the policy does not allow")
        }
        if !model.wantsSuspended(node, .open) { fail("\(type) of \(node), which no open breach asks for") }
        let machine = site.resources[node].map { [$0] + site.contents(of: $0) } ?? []
        if machine.contains(where: \.isProtected) { fail("\(type) of \(node), in which something is protected") }
        if case .power? = durable.intent {} else { fail("\(type) of \(node) without a durable intent") }
        checkReset(node)
        guard view.powers[node] != nil else { return fail("\(type) of \(node), which was never read") }
        // A machine that its people switch on again and again is suspended again only so often.
        if bmc.machine.suspension?.isLost == true { bmcs[node]?.machine.resuspensions += 1 }
        if bmc.machine.resuspensions >= reassertLimit + lives {
            fail("\(node) was suspended again \(bmc.machine.resuspensions + 1) times")
        }
        bmcs[node]?.machine.suspension = .init()
        if bmc.isJustExchanged(at: time.now) { bmcs[node]?.isPowerBeyondTelling = true }
        bear(node + " power") { $0.node == node && $0.watts == nil }
        let down = bmcs.values.filter { $0.node == node || $0.machine.isDownByAgent }.count
        let elsewhere = cluster?.etcd.shards?.elsewhere ?? SuspensionsElsewhere(nodes: 0, down: 0)
        let nodes = HistorySite.site(.plain, hasTrays: history.hasTrays).nodeCount + elsewhere.nodes
        let limit = policies.map { $0.maxSuspended.of(nodes) }.max() ?? 0
        if down + elsewhere.down > limit {
            fail("\(down) nodes are suspended, and \(elsewhere.down) elsewhere; \(limit) may be")
        }
        notePowerCycle(node)
        noteStandingGoes(node)
    }

    /// The agent switches a machine's power: limits that do not outlive that are its own to put back.
    private func notePowerCycle(_ node: String) {
        for (id, register) in bmcs[node]?.machine.registers ?? [:] where register.owed != nil {
            bmcs[node]?.machine.registers[id]?.owed?.isPowerCycled = true
        }
    }

    /// A reset is never sent twice without a look in between.
    private func checkReset(_ node: String) {
        if view.unreadResets.contains(node) { fail("\(node) was reset again without a look") }
        view.unreadResets.insert(node)
    }
}
