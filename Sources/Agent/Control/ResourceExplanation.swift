import Journal
import PowerEvents
import Shedding
import Site
import StrictJSON

/// Everything the agent knows of one resource: what it may do there, what is held, for whom, and what happened.
struct ResourceExplanation: Sendable {
    let resource: Resource?
    let id: String
    let held: [(control: HeldControl, nextRead: Timestamp?, holds: [(breach: Breach, plan: PlannedHint)])]
    let history: [HistoryLine]
    /// Those that cover it or what is held of it.
    var freezes: [Freeze] = []

    var json: JSONValue {
        var object = JSONObject()
        object["resource"] = .string(id)
        object["inventory"] = resource.map(ResourceDescription.json) ?? .null
        object["summary"] = resource.map { .string(ResourceDescription.line($0)) }
        object["frozen"] = FreezeAnswer.json(covering: freezes)
        object["controls"] = .array(held.map { Self.json($0.control, $0.nextRead, $0.holds) })
        object["history"] = HistoryAnswer.json(history)
        return .object(object)
    }

    private static func json(
        _ control: HeldControl, _ nextRead: Timestamp?, _ holds: [(breach: Breach, plan: PlannedHint)]
    ) -> JSONValue {
        var object = JSONObject()
        let entry = control.entry
        object["control"] = .string(entry.key.facet.rawValue)
        object["locator"] = entry.locator
        object["machine"] = entry.identity.map { .string($0.description) }
        if let others = entry.sharedBy {
            object["shared_with"] = .array(others.map { .string($0.resource) })
        }
        object["prior"] = entry.prior.map { .string($0.value.description) }
        object["prior_raw"] = entry.prior?.fragment
        object["prior_taken_at"] = entry.prior.map { .string($0.takenAt.description) }
        object["intent"] = entry.intent.map { .string($0.description) }
        object["held"] = entry.held.map { .string($0.description) }
        object["corrections"] = .number(JSONNumber(entry.reassertions))
        object["code"] = .string(control.outcome?.code.rawValue ?? "in_progress")
        object["reason"] = control.outcome?.reason.map(JSONValue.string)
        object["message"] = control.outcome?.message.map(JSONValue.string)
        object["next_look"] = nextRead.map { .string($0.description) }
        object["holds"] = .array(
            holds.map { hold in
                [
                    "breach_id": .string(hold.breach.id.text), "feed": .string(hold.breach.feed),
                    "phase": .string(StatusSnapshot.phase(hold.breach)),
                    "action": .string(hold.plan.hint.action.rawValue),
                    "priority": .number(JSONNumber(hold.plan.hint.priority)), "demand": .string(hold.plan.summary),
                    "released": .bool(hold.breach.released.contains(entry.key)),
                ]
            })
        return .object(object)
    }
}
