import PowerEvents
import StrictJSON

/// What a document shows at a ``MeterPoint``, before it is judged by its age.
struct MeterValue: Sendable, Hashable {
    enum Amount: Sendable, Hashable {
        case watts(Watts)
        /// A counter, in joules.
        case energy(Double)
    }

    var amount: Amount
    /// When it was measured, as the BMC spells that.
    var time: String?
    /// In which it is measured, where the BMC tells.
    var interval: Duration?

    /// Why there is no value, in words for people.
    struct Absence: Error, Sendable, Hashable {
        let reason: String
    }

    static func read(_ point: MeterPoint, in document: JSONValue) throws(Absence) -> MeterValue {
        switch point.kind {
        case .report: return try MetricReport(document).value(of: point.member ?? "")
        case .metrics: return try excerpt(document["PowerWatts"], "PowerWatts")
        case .powerControl:
            let controls = document["PowerControl"]?.array ?? []
            guard let index = point.member.flatMap({ PowerControlMember.index(of: $0, in: controls) }) else {
                throw Absence(reason: "\(point.uri) has no such PowerControl any more")
            }
            return MeterValue(amount: .watts(try watts(controls[index]["PowerConsumedWatts"], "PowerConsumedWatts")))
        case .sensor:
            guard let factor = SensorUnit.wattsPerUnit(of: document) else {
                throw Absence(reason: "\(point.uri) is no sensor of a power in watts")
            }
            try checkState(document)
            let value = try watts(document["Reading"], "Reading", factor: factor)
            return MeterValue(amount: .watts(value), time: document["ReadingTime"]?.string)
        case .joules:
            return try energy(document["EnergyJoules"], "EnergyJoules", joules: 1)
        case .kilowattHours: return try energy(document["EnergykWh"], "EnergykWh", joules: 3_600_000)
        }
    }

    private static func excerpt(_ sensor: JSONValue?, _ name: String) throws(Absence) -> MeterValue {
        guard let sensor, sensor.object != nil else { throw Absence(reason: "shows no \(name)") }
        try checkState(sensor)
        return MeterValue(amount: .watts(try watts(sensor["Reading"], name)), time: sensor["ReadingTime"]?.string)
    }

    private static func energy(_ sensor: JSONValue?, _ name: String, joules: Double) throws(Absence) -> MeterValue {
        guard let sensor, sensor.object != nil else { throw Absence(reason: "shows no \(name)") }
        let text = sensor["Reading"]?.number?.text ?? sensor["Reading"]?.string ?? ""
        guard let count = Double(text), count.isFinite, count >= 0 else {
            throw Absence(reason: "shows \(shortened(sensor["Reading"])) as its \(name)")
        }
        return MeterValue(amount: .energy(count * joules), time: sensor["ReadingTime"]?.string)
    }

    /// A sensor that is not enabled shows what it last measured, or anything.
    private static func checkState(_ sensor: JSONValue) throws(Absence) {
        guard let state = sensor["Status", "State"]?.string, state != "Enabled", !state.isEmpty else { return }
        throw Absence(reason: "is \(state)")
    }

    /// A power that can be one: a number, or a string that holds one, and neither NaN, negative nor a sentinel.
    static func watts(_ value: JSONValue?, _ name: String, factor: Int = 1) throws(Absence) -> Watts {
        guard let value, !value.isNull else { throw Absence(reason: "shows no \(name)") }
        guard let watts = RedfishNumber.watts(value) else {
            throw Absence(reason: "shows \(shortened(value)) as its \(name)")
        }
        return factor == 1 ? watts : Watts(microwatts: watts.microwatts.multipliedSaturated(by: Int64(factor)))
    }

    static func shortened(_ value: JSONValue?) -> String {
        let text = value?.text ?? "nothing"
        return text.count > 40 ? text.prefix(37) + "..." : text
    }
}
