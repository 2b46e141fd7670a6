import Journal
import PowerEvents
import Shedding
import StrictJSON

/// The whole record of a breach: what was asked, written, read back and measured, over time.
///
/// Made of the journal alone, so that it is the same while the agent runs and long after.
struct Evidence: Sendable {
    let breach: UUIDText
    let rows: [EvidenceRow]
    let json: JSONValue
    let power: PowerCurve

    /// - Parameters:
    ///   - lines: all that the history has of the breach, and commands that were given meanwhile, oldest first
    ///   - readings: oldest first; those from before anything was asked are the baseline
    init?(breach: UUIDText, lines: [HistoryLine], readings: [PowerReading]) {
        let own = lines.filter { $0.entry.breach == breach }
        guard let first = own.first(where: { $0.entry.kind == .alert }) ?? own.first else { return nil }
        self.breach = breach
        rows = Self.rows(lines, readings)
        power = PowerCurve(readings, arrival: first.at)
        json = Self.json(breach, first, own, lines.filter { $0.entry.kind == .command }, rows, power)
    }

    /// With a heading, as `--csv` prints it.
    var csv: String { (["time,kind,resource,watts"] + rows.map(\.csv)).joined(separator: "\n") + "\n" }

    // MARK: Rows

    private static func rows(_ lines: [HistoryLine], _ readings: [PowerReading]) -> [EvidenceRow] {
        var rows = readings.map { EvidenceRow(at: $0.at, kind: .reading, resource: $0.resource, watts: $0.watts) }
        for line in lines { rows += Self.rows(line) }
        // Of one moment, the alert is first, and what was measured before anything was done comes next.
        let order: [EvidenceRow.Kind] = [.alert, .reading, .write, .readBack, .skip, .override, .resolved, .release]
        let places = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
        return rows.enumerated().sorted { one, other in
            let (left, right) = (places[one.element.kind] ?? 0, places[other.element.kind] ?? 0)
            return (one.element.at, left, one.offset) < (other.element.at, right, other.offset)
        }.map(\.element)
    }

    private static func rows(_ line: HistoryLine) -> [EvidenceRow] {
        let entry = line.entry
        let resource = entry.control?.resource
        let watts = entry.value.flatMap(watts)
        switch (entry.kind, entry.code) {
        case (.alert, "resolved"): return [EvidenceRow(at: line.at, kind: .resolved, resource: nil)]
        case (.alert, _): return [EvidenceRow(at: line.at, kind: .alert, resource: nil)]
        case (.command, _):
            return [
                EvidenceRow(
                    at: line.at, kind: .override, resource: override(line),
                    reason: line.author?.reason)
            ]
        case (.outcome, "skipped"):
            return [EvidenceRow(at: line.at, kind: .skip, resource: resource, reason: entry.message)]
        // A hint of an alert, whose name may be anybody's.
        case (.plan, "skipped"):
            return [
                EvidenceRow(
                    at: line.at, kind: .skip, resource: entry.value.map { ForeignText.clean($0) },
                    reason: entry.message.map { ForeignText.clean($0) })
            ]
        case (.outcome, "reverted"):
            return written(line, resource, watts)
                + [EvidenceRow(at: line.at, kind: .release, resource: resource, watts: watts)]
        case (.outcome, _):
            guard entry.value != nil else { return written(line, resource, nil) }
            return written(line, resource, watts)
                + [EvidenceRow(at: line.at, kind: .readBack, resource: resource, watts: watts)]
        case (.report, _), (.correction, _), (.plan, _): return []
        }
    }

    private static func written(_ line: HistoryLine, _ resource: String?, _ watts: Watts?) -> [EvidenceRow] {
        line.entry.writtenAt.map { [EvidenceRow(at: $0, kind: .write, resource: resource, watts: watts)] } ?? []
    }

    /// Of a value's words, as ``ControlValue`` describes itself.
    private static func watts(_ text: String) -> Watts? {
        guard text.hasSuffix(" W") else { return nil }
        return PowerQuantity(decimal: String(text.dropLast(2)), unit: .watt)?.watts
    }

    // MARK: Summary

    /// `freeze by root`
    private static func override(_ line: HistoryLine) -> String {
        "\(line.entry.code)\(line.author?.user.map { " by \($0)" } ?? "")"
    }

    private static func command(_ line: HistoryLine) -> JSONValue {
        [
            "code": .string(line.entry.code), "at": .string(line.at.description),
            "user": line.author?.user.map(JSONValue.string) ?? .null,
            "reason": line.author?.reason.map(JSONValue.string) ?? .null,
            "message": line.entry.message.map(JSONValue.string) ?? .null,
        ]
    }

    private static func json(
        _ breach: UUIDText, _ first: HistoryLine, _ lines: [HistoryLine], _ commands: [HistoryLine],
        _ rows: [EvidenceRow], _ power: PowerCurve
    ) -> JSONValue {
        let asked = lines.compactMap { $0.entry.kind == .plan ? $0.entry.value.flatMap(watts) : nil }.max()
        func time(_ kind: EvidenceRow.Kind, _ pick: ([EvidenceRow]) -> EvidenceRow?) -> JSONValue {
            pick(rows.filter { $0.kind == kind }).map { .string($0.at.description) } ?? .null
        }
        func reached(_ percent: Int) -> JSONValue {
            guard let asked, let seconds = power.seconds(toShed: asked.scaled(by: .percent(percent))) else {
                return .null
            }
            return number(seconds)
        }
        var object = JSONObject()
        object["breach_id"] = .string(breach.text)
        // A drill begins with an operator's word, not with an alert.
        let isAlert = first.entry.kind == .alert
        object["alert"] =
            isAlert
            ? [
                "id": first.entry.value.map(JSONValue.string) ?? .null,
                "digest": first.entry.prior.map(JSONValue.string) ?? .null,
                "received_at": .string(first.at.description),
            ] : .null
        if !isAlert { object["command"] = command(first) }
        object["first_write"] = time(.write) { $0.first }
        object["last_write"] = time(.write) { $0.last }
        object["first_read_back"] = time(.readBack) { $0.first }
        object["last_read_back"] = time(.readBack) { $0.last }
        object["t50"] = reached(50)
        object["t90"] = reached(90)
        object["t100"] = reached(100)
        object["asked_watts"] = asked.map { number($0) } ?? .null
        object["baseline_watts"] = number(power.baseline)
        object["shed_watts"] = number(power.maximumShed)
        object["kwh"] = number(power.kilowattHours)
        object["steepest_down_watts_per_s"] = number(power.steepestDown)
        object["steepest_up_watts_per_s"] = number(power.steepestUp)
        object["coverage"] = number(power.coverage(of: rows))
        object["results"] = results(lines)
        object["overrides"] = .array(
            commands.map { line in
                [
                    "at": .string(line.at.description), "kind": .string(EvidenceRow.Kind.override.rawValue),
                    "what": .string(override(line)), "code": .string(line.entry.code),
                    "scope": line.entry.value.map(JSONValue.string) ?? .null,
                    "user": line.author?.user.map(JSONValue.string) ?? .null,
                    "reason": line.author?.reason.map(JSONValue.string) ?? .null,
                ]
            })
        object["skips"] = .array(
            rows.filter { $0.kind == .skip }.map {
                [
                    "at": .string($0.at.description), "what": $0.resource.map(JSONValue.string) ?? .null,
                    "reason": $0.reason.map(JSONValue.string) ?? .null,
                ]
            })
        return .object(object)
    }

    /// The latest outcome of each control while it was held.
    private static func results(_ lines: [HistoryLine]) -> JSONValue {
        var latest: [String: JSONValue] = [:]
        for line in lines where line.entry.kind == .outcome && line.entry.code != "reverted" {
            guard let control = line.entry.control else { continue }
            latest[control.description] = [
                "control": .string(control.description), "code": .string(line.entry.code),
                "value": line.entry.value.map(JSONValue.string) ?? .null,
                "message": line.entry.message.map(JSONValue.string) ?? .null,
            ]
        }
        return .array(latest.sorted { $0.key < $1.key }.map(\.value))
    }

    private static func number(_ watts: Watts) -> JSONValue {
        JSONNumber(text: PowerQuantity(watts: watts, unit: .watt).valueText).map(JSONValue.number) ?? .null
    }

    private static func number(_ value: Double) -> JSONValue {
        JSONNumber(text: "\((value * 1000).rounded() / 1000)").map(JSONValue.number) ?? .null
    }
}
