import BuildInformation
import Journal
import PowerEvents
import Settings
import Shedding
import Site
import StrictJSON

/// Drills as JSON, with what the patrol knows of the machines.
extension Enforcer {
    /// What was begun, or would be: control by control.
    func json(_ order: DrillOrder, by author: CommandAuthor) -> JSONValue {
        let book = core.book
        let now = now().steady
        // Once it is begun, they are in the book.
        let plans = book.breaches[order.id]?.plans ?? book.drillPlans(order, now: now)
        var object = head(order)
        object["user"] = author.user.map(JSONValue.string) ?? .null
        var items: [JSONValue] = []
        for plan in plans {
            if case .skipped(let reason) = plan.verdict {
                items.append([
                    "resource": .string(plan.member ?? plan.hint.resourceID), "skipped": true,
                    "reason": .string(reason.name.rawValue), "message": .string(reason.description),
                ])
            }
            for key in plan.controls {
                var item = JSONObject()
                item["resource"] = .string(key.resource)
                item["control"] = .string(key.description)
                item["bmc"] = book.site.resources[key.resource]?.bmc.map { .string($0.address.hostAndPort) } ?? .null
                item["skipped"] = false
                item["limit_watts"] = Self.watts(book.limitSeen(key))
                item["cap_watts"] = Self.watts(plan.demand.flatMap { book.foreseenLimit(key, $0) })
                item["draw_watts"] = Self.watts(book.drawSeen(of: key.resource, now: now))
                items.append(.object(item))
            }
        }
        object["plan"] = .array(items)
        return .object(object)
    }

    /// How far a drill has come.
    func json(_ drill: Drill) -> JSONObject {
        var object = head(drill.order)
        object["agent"] = .string(parts.agentID)
        object["version"] = .string(Build.text)
        object["phase"] = .string(drill.phase.rawValue)
        object["started_at"] = .string(drill.startedAt.description)
        for (key, time) in [
            ("settled", drill.settledAt), ("released", drill.releasedAt), ("ended", drill.endedAt),
        ] {
            object["\(key)_at"] = time.map { .string($0.description) } ?? .null
            object["\(key)_ms"] =
                time.map { .number(JSONNumber(Int(($0 - drill.startedAt) / .milliseconds(1)))) } ?? .null
        }
        object["cut_short"] = drill.cutShort.map(JSONValue.string) ?? .null
        let now = core.book.progress(of: drill.order.id)
        object["capped"] = StatusSnapshot.Summary.json((drill.releasedAt == nil ? now : drill.progress).counts)
        object["restored"] = drill.phase == .restoring ? StatusSnapshot.Summary.json(now.counts) : .null
        object["power"] = drill.releasedAt == nil ? .null : StatusSnapshot.Summary.json(drill.power)
        return object
    }

    func json(_ results: [DrillRecord.Result]) -> [JSONValue] {
        results.map { result in
            let assessment = parts.facts.readiness.assessment(of: result.control.resource)
            let bmc = core.book.site.resources[result.control.resource]?.bmc
            return [
                "resource": .string(result.control.resource), "control": .string(result.control.description),
                "bmc": bmc.map { .string($0.address.hostAndPort) } ?? .null,
                "model": assessment?.model.map(JSONValue.string) ?? .null,
                "dialect": assessment?.control.map { .string($0.dialect) } ?? .null,
                "prior": result.prior.map(JSONValue.string) ?? .null, "cap": Self.json(result.cap),
                "restore": Self.json(result.restore), "drew_before_watts": Self.watts(result.drewBefore),
                "drew_during_watts": Self.watts(result.drewDuring), "proven": .bool(result.isProven),
            ]
        }
    }

    private func head(_ order: DrillOrder) -> JSONObject {
        var object = JSONObject()
        object["code"] = "drill"
        object["id"] = .string(order.id.text)
        object["names"] = .array(order.names.map(JSONValue.string))
        object["share"] = .string(order.share.description)
        object["hold"] = .string(Quantities.text(order.hold))
        return object
    }

    private static func json(_ step: DrillRecord.Step?) -> JSONValue {
        guard let step else { return .null }
        return [
            "code": .string(step.code), "value": step.value.map(JSONValue.string) ?? .null,
            "message": step.message.map(JSONValue.string) ?? .null,
            "ms": .number(JSONNumber(Int(step.time / .milliseconds(1)))),
        ]
    }

    private static func watts(_ watts: Watts?) -> JSONValue {
        watts.map { .number(JSONNumber($0.wholeWatts)) } ?? .null
    }
}
