import PowerEvents
import Shedding
import Site
import StrictJSON

extension StatusSnapshot {
    /// How many BMCs are in which state, and those that fail, by cause.
    var bmcs: JSONValue {
        var object = JSONObject()
        object["total"] = .number(JSONNumber(health.total))
        let counts = health.counts
        for state in BMCHealth.State.allCases {
            object[state.rawValue] = .number(JSONNumber(counts[state] ?? 0))
        }
        object["failures"] = .array(
            health.groups.map { group in
                let resources = readiness.resources(of: Set(group.bmcs))
                return [
                    "cause": .string(group.trouble.cause.rawValue), "message": .string(group.trouble.message),
                    "count": .number(JSONNumber(group.bmcs.count)),
                    "recovering": .number(JSONNumber(group.recovering)),
                    "bmcs": .array(group.bmcs.map { .string($0.hostAndPort) }),
                    "resources": .array(resources.map(JSONValue.string)), "since": .string(group.since.description),
                    "next": .string(group.next),
                ]
            })
        return .object(object)
    }
}
