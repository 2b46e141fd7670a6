import PowerEvents
import Shedding
import Site
import StrictJSON

/// What would be done for an alert, hint by hint, and what it comes to in watts as far as that is known.
struct Rehearsal: Sendable {
    /// One line a hint, in the order of enforcement, and then the sums.
    let lines: [String]
    let json: JSONValue

    /// - Parameter book: what is held already, and what was seen of controls and meters
    init(of alert: BreachAlert, by book: Breaches, now: Timestamp) {
        guard alert.status != .resolved else {
            lines = ["resolved: what this breach holds would be released after \(book.policy.holdDown)"]
            json = ["status": "resolved", "hints": []]
            return
        }
        let book = book.rehearsal(of: alert, now: now)
        let plans = book.breaches[alert.breachID]?.plans ?? []
        var parts: [String: [PlannedHint]] = [:]
        for plan in plans { if plan.member != nil { parts[Self.name(plan), default: []].append(plan) } }
        let hints = plans.enumerated().filter { $0.element.member == nil }
            .sorted { ($0.element.hint.priority, $0.offset) < ($1.element.hint.priority, $1.offset) }.map(\.element)
        let totals = Totals(book, alert.breachID, priorities: Set(hints.map(\.hint.priority)), now: now)
        var lines = hints.isEmpty ? ["no hints: nothing would be done"] : []
        for hint in hints {
            lines.append(Self.line(hint))
            lines += (parts[Self.name(hint)] ?? []).map { "    \($0.member ?? "")  ->  \($0.summary)" }
        }
        self.lines = lines + totals.lines
        json = [
            "status": .string(alert.status.rawValue),
            "hints": .array(hints.map { Self.json($0, parts[Self.name($0)] ?? []) }), "totals": totals.json,
        ]
    }

    private static func name(_ plan: PlannedHint) -> String { "\(plan.hint.action.rawValue) \(plan.hint.resourceID)" }

    private static func line(_ plan: PlannedHint) -> String {
        let hint = plan.hint
        let target = hint.targetPower.map { " to \($0.valueText) \($0.unit.rawValue)" } ?? ""
        return "priority \(hint.priority)  \(hint.resourceType.rawValue) \(hint.resourceID)  "
            + "\(hint.action.rawValue)\(target)  ->  \(plan.summary)"
    }

    private static func json(_ plan: PlannedHint, _ parts: [PlannedHint]) -> JSONValue {
        var object = plan.hint.json.object ?? JSONObject()
        object["plan"] = .string(plan.summary)
        object["controls"] = .array((plan.controls + parts.flatMap(\.controls)).map { .string($0.description) })
        if case .skipped(let reason) = plan.verdict {
            object["skipped"] = true
            object["reason"] = .string(reason.name.rawValue)
        } else {
            object["skipped"] = false
        }
        if !parts.isEmpty {
            object["members"] = .array(
                parts.map { part in
                    var member = JSONObject()
                    member["resource"] = part.member.map(JSONValue.string)
                    member["plan"] = .string(part.summary)
                    if case .cap(let watts)? = part.demand { member["watts"] = .number(JSONNumber(watts.wholeWatts)) }
                    return .object(member)
                })
        }
        return .object(object)
    }

    /// What the alert asks for in watts, of what is known of the machines.
    private struct Totals {
        let lines: [String]
        let json: JSONValue

        init(_ book: Breaches, _ id: UUIDText, priorities: Set<Int>, now: Timestamp) {
            let whole = book.power(of: id, now: now)
            let byPriority = priorities.sorted().map { ("\($0)", book.power(of: id, priority: $0, now: now)) }
            var racks: [String: BreachPower] = [:]
            var feeds: [String: BreachPower] = [:]
            for (machine, power) in book.powerByMachine(of: id, now: now) {
                let resource = book.site.resources[machine]
                let rack = resource?.parent ?? machine
                racks[rack] = (racks[rack] ?? BreachPower()) + power
                for feed in resource?.feeds?.prefix(1) ?? [] { feeds[feed] = (feeds[feed] ?? BreachPower()) + power }
            }
            let sorted = [
                ("priority", byPriority), ("rack", racks.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }),
                ("feed", feeds.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }),
            ]
            func json(_ power: BreachPower) -> JSONObject {
                var object = JSONObject()
                object["asked_watts"] = .number(JSONNumber(power.asked.wholeWatts))
                object["baseline_watts"] = .number(JSONNumber(power.baseline.wholeWatts))
                return object
            }
            var object = json(whole)
            for (kind, sums) in sorted {
                object["by_\(kind)"] = .array(
                    sums.map { name, power in
                        var sum = json(power)
                        sum[kind] = kind == "priority" ? JSONNumber(text: name).map(JSONValue.number) : .string(name)
                        return .object(sum)
                    })
            }
            self.json = .object(object)
            guard whole.baseline > .zero else {
                lines = []
                return
            }
            lines =
                ["asks for \(whole.asked) of \(whole.baseline) that is drawn, or may be where that is not known"]
                + sorted.flatMap { kind, sums in
                    sums.map { "  \(kind) \($0.0): \($0.1.asked) of \($0.1.baseline)" }
                }
        }
    }
}
