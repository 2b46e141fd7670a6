import Journal
import PowerEvents
import Site
import StrictJSON

@testable import Shedding

/// What must be so, whatever happened.
extension World {
    func isDown(_ node: String) -> Bool { machines[node].map { $0.power.isDown } ?? false }

    func satisfies(_ target: Resource, _ bound: Int?) -> Bool {
        let node = Self.node(of: target.id)
        machines[node]?.advance(to: time.now, held: held)
        guard let bound else { return isDown(node) }
        guard let watts = machines[node]?.limits[target.id]?.watts else { return isDown(node) }
        return watts <= bound + 1 || isDown(node)
    }

    /// After a while of peace: what breaches that are open hold.
    func checkHolds() {
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

    func value(_ resource: String) -> String {
        let machine = machines[Self.node(of: resource)]
        return "\(machine?.limits[resource]?.watts.map { "\($0) W" } ?? "no limit") (\(machine?.power.rawValue ?? ""))"
    }

    /// Reasons that hold although everything is well again.
    static func isExcused(_ message: String) -> Bool {
        ["contended", "max_suspended", "max_unreachable", "allows none of"].contains { message.contains($0) }
    }

    func checkEnd() throws {
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
            // What never bore on a control, such as what was resolved before it was begun, has nothing to be put back.
            let borne = Set(
                model.hints(of: id).filter { hint, feed in
                    model.targets(of: hint, feed: feed).contains { target in
                        let isSuspended = hint.action == .suspend && target.type == .node
                        return written.contains(
                            ControlKey(resource: target.id, facet: isSuspended ? .powerState : .powerLimit))
                    }
                }.map { "\($0.hint.action.rawValue) \($0.hint.resourceID)" })
            for missing in due.subtracting(told).intersection(borne).sorted()
            where toldApplied[id, default: []].contains(missing) {
                fail("the last report of breach \(id.text.prefix(2)) says nothing of \(missing)")
            }
        }
        let contents = try journal.load()
        if !contents.inbox.isEmpty { fail("\(contents.inbox.count) alerts are left in the inbox") }
    }
}
