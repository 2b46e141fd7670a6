import Shedding
import StrictJSON

/// `Processor.SpeedLimitMHz` with `SpeedLocked` (DSP2046, Processor). NVIDIA firmware obeys the two together only:
/// alone, the first is accepted and ignored, and the second refused.
enum ProcessorSpeedLimit: ControlDialect {
    static let name = "processor-speed-limit"
    static let shape = ControlShape.processor
    static let patience: Duration? = NVIDIAEnvironmentMetrics.deviceWait

    static func objection(to document: JSONValue, at place: Locator) -> String? {
        guard let limit = document["SpeedLimitMHz"], let locked = document["SpeedLocked"], !locked.isNull else {
            return nil
        }
        if locked.bool == nil {
            return "shows \(locked.text.prefix(40)) as its SpeedLocked, which is neither true nor false"
        }
        return OwnValue.objection(toSpeed: limit, "SpeedLimitMHz")
    }

    static func reading(in document: JSONValue, at place: Locator) -> Reading? {
        guard objection(to: document, at: place) == nil, document["SpeedLimitMHz"] != nil,
            let locked = document["SpeedLocked"]?.bool
        else { return nil }
        let limit = RedfishNumber.megahertz(document["SpeedLimitMHz"])
        let range = SpeedRange(
            minimum: RedfishNumber.megahertz(document["MinSpeedMHz"]),
            maximum: RedfishNumber.megahertz(document["MaxSpeedMHz"]))
        var fragment = JSONObject()
        for key in ["SpeedLimitMHz", "SpeedLocked"] { fragment[key] = document[key] }
        let isInForce = locked && limit != nil && limit != range.maximum
        return Reading(value: .speed(isInForce ? limit : nil), fragment: .object(fragment), speeds: range)
    }

    static func step(_ change: Convergence.Write, in document: JSONValue, at place: Locator) -> ControlStep? {
        switch change {
        case .speed(let speed):
            return .change([
                ControlRequest(["SpeedLimitMHz": .number(JSONNumber(speed.megahertz)), "SpeedLocked": true])
            ])
        case .restore(let fragment):
            if let limit = RedfishNumber.megahertz(fragment["SpeedLimitMHz"]), let locked = fragment["SpeedLocked"] {
                return .change([
                    ControlRequest(["SpeedLimitMHz": .number(JSONNumber(limit.megahertz)), "SpeedLocked": locked])
                ])
            }
            // What it showed was a sentinel, which is never written back: unlocked, at full speed, is the same state.
            guard let full = RedfishNumber.megahertz(document["MaxSpeedMHz"]) else { return nil }
            return .change([
                ControlRequest(["SpeedLimitMHz": .number(JSONNumber(full.megahertz)), "SpeedLocked": false])
            ])
        case .limit, .reset, .mode: return nil
        }
    }
}
