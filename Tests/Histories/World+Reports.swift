import PowerEvents
import Shedding
import Site

/// An event never says what no BMC showed.
extension World {
    func check(_ report: Enforcement) {
        for result in report.results where result.code == .applied {
            switch report.action {
            case .applied: checkApplied(result, of: report.breachID)
            case .reverted: checkReverted(result, of: report.breachID)
            }
        }
    }

    private func asks(_ result: EnforcementResult, of breach: UUIDText) -> [Model.Ask] {
        let pending = model.pending.values.filter { $0.alert.breachID == breach }.flatMap(\.asks)
        return ((model.breaches[breach]?.asks ?? []) + pending).filter {
            $0.hint.resourceID == result.resourceID && $0.hint.action == result.requestedAction
        }
    }

    /// Applied means read back: when the agent last looked, it was so.
    private func checkApplied(_ result: EnforcementResult, of breach: UUIDText) {
        let asks = asks(result, of: breach)
        guard let ask = asks.first else {
            if breachIsKnown(breach) { fail("applied \(result.resourceID), which nobody asked for") }
            return
        }
        if asks.allSatisfy(\.targets.isEmpty) { fail("applied \(result.resourceID), which may not be touched") }
        // What a later alert asks in other terms is what is told of.
        if asks.last?.budget != nil { return checkBudget(result, asks, of: breach) }
        // The same hint may have been about others by an earlier inventory; the report is of one of them.
        let troubles = [ask, asks.last ?? ask].map { trouble(with: $0, asks, result, of: breach) }
        if troubles.allSatisfy({ $0 != nil }), let trouble = troubles[0] { fail(trouble) }
    }

    private func trouble(
        with ask: Model.Ask, _ asks: [Model.Ask], _ result: EnforcementResult, of breach: UUIDText
    ) -> String? {
        for target in ask.targets where !target.isLate {
            guard let bmc = bmcs[target.node] else { continue }
            let place = bmc.place(of: target.resource)
            // It has come to be protected before its turn, and the report says so.
            let isExempted = result.message?.contains("\(target.resource): protected") == true
            if isExempted, target.isInside, site.resources[target.resource]?.isProtected == true { continue }
            bearing[breach, default: []].insert(target.watts == nil ? target.node + " power" : place)
            let look = view.looks[place]
            let isDown =
                view.powers[target.node]?.state.isDown ?? false
                || target.watts != nil && view.saidOff.contains(place)
            let bounds = asks.flatMap(\.targets).filter { $0.resource == target.resource }.compactMap {
                model.bound(on: $0)
            }
            let isHeld = bounds.max().flatMap { bound in look?.watts.map { $0 <= bound + bmc.tolerance } } ?? false
            if !isDown, !isHeld {
                return
                    "reported as applied: \(ask.hint.action) \(target.resource), which was read as \(Self.text(look?.watts)); it says \(result.message ?? "") and holds \(value(target))"
            }
            if let said = result.appliedPower?.watts.wholeWatts, ask.targets.count == 1, let shown = look?.watts,
                said != shown, !isDown
            {
                return "reported as applied at \(said) W: \(target.resource), which was read as \(shown) W"
            }
        }
        return nil
    }

    private func breachIsKnown(_ breach: UUIDText) -> Bool { model.breaches[breach] != nil }

    /// Put back means that it was read so, that it is somebody else's, or that others still hold it.
    private func checkReverted(_ result: EnforcementResult, of breach: UUIDText) {
        for target in asks(result, of: breach).flatMap(\.targets) {
            guard let bmc = bmcs[target.node], bmc.spare == nil, !bmc.isBeyondTelling(bmc.place(of: target.resource))
            else { continue }
            // Of several, those that are not back are named.
            if result.message?.contains("\(target.resource): ") == true { continue }
            let isStillHeld = model.breaches.contains { id, other in
                id != breach && other.asks.contains { $0.targets.contains { $0.node == target.node } }
                    // One that is partly put back, or frozen, holds the rest.
                    && !(reports[id]?.0.action == .reverted && reports[id]?.0.code == .success)
            }
            if isStillHeld || model.pending.values.contains(where: { $0.alert.breachID != breach }) { continue }
            // What is inside may be left to a suspension by one hint and be met by another.
            let isSuspended = model.breaches[breach]?.asks.contains { ask in
                ask.targets.contains { $0.node == target.node && $0.watts == nil }
            }
            if target.isInside, isSuspended == true { continue }
            let isAskedDirectly = model.breaches[breach]?.asks.contains { ask in
                ask.targets.contains { !$0.isInside && bmc.place(of: $0.resource) == bmc.place(of: target.resource) }
            }
            if target.isInside, isAskedDirectly == true { continue }
            if target.watts == nil {
                if bmc.machine.isDownByAgent, view.powers[target.node]?.state.isDown == true {
                    fail("reported as reverted: \(target.resource), which was read as down")
                }
            } else if !bmc.isShared(bmc.place(of: target.resource)),
                let look = view.looks[bmc.place(of: target.resource)], look.author == .agent,
                let owed = bmc.machine.registers[bmc.place(of: target.resource)]?.owed, owed.hasTaken,
                !owed.priors.contains(look.watts), bmc.made(of: owed.priors.first ?? nil) != look.watts
            {
                fail(
                    "reported as reverted: \(target.resource), which was read as \(Self.text(look.watts)), \(owed.priors.map(Self.text).joined(separator: " or ")) before; it says \(result.message ?? "")"
                )
            }
        }
    }
}
