import PowerEvents
import Shedding
import StrictJSON

extension StatusSnapshot.Summary {
    /// What a breach asks for, and how far that has come.
    func write(_ breach: Breach, to object: inout JSONObject) {
        object["power"] = Self.json(power)
        object["counts"] = Self.json(progress.counts)
        object["priorities"] = .array(
            priorities.map { priority, power in
                let counts = progress.priorities[priority] ?? BreachProgress.Counts()
                return [
                    "priority": .number(JSONNumber(priority)), "total": .number(JSONNumber(counts.total)),
                    "applied": .number(JSONNumber(counts.applied)), "failed": .number(JSONNumber(counts.failed)),
                    "skipped": .number(JSONNumber(counts.skipped)),
                    "in_progress": .number(JSONNumber(counts.inProgress)), "power": Self.json(power),
                ]
            })
        object["release"] = release(of: breach)
    }

    private func release(of breach: Breach) -> JSONValue {
        let next: Timestamp
        switch breach.phase {
        case .holdingDown(let until): next = until
        case .releasing(let step): next = step
        case .open, .closed: return .null
        }
        return [
            "next_at": .string(next.description),
            "remaining": .number(JSONNumber(breach.controls.count - breach.released.count)),
            "rate_watts_per_s": rate.map { .number(JSONNumber($0.wattsPerSecond.wholeWatts)) } ?? .null,
        ]
    }

    static func json(_ power: BreachPower) -> JSONValue {
        [
            "asked_watts": .number(JSONNumber(power.asked.wholeWatts)),
            "confirmed_watts": .number(JSONNumber(power.confirmed.wholeWatts)),
            "measured_watts": .number(JSONNumber(power.measured.wholeWatts)),
            "coverage": JSONNumber(text: "\((power.coverage * 1000).rounded() / 1000)").map(JSONValue.number) ?? .null,
        ]
    }

    static func json(_ counts: BreachProgress.Counts) -> JSONValue {
        [
            "applied": .number(JSONNumber(counts.applied)), "failed": .number(JSONNumber(counts.failed)),
            "skipped": .number(JSONNumber(counts.skipped)), "in_progress": .number(JSONNumber(counts.inProgress)),
        ]
    }
}
