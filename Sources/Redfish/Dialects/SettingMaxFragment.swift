import Shedding
import StrictJSON

/// What the speed limits by range have in common: `SettingMax`, written alone. Of two members in one PATCH, NVIDIA
/// firmware obeys one.
enum SettingMaxFragment {
    static func objection(_ range: JSONValue) -> String? {
        OwnValue.objection(toSpeed: range["SettingMax"], "SettingMax")
    }

    static func reading(_ range: JSONValue, minimum: JSONValue?, maximum: JSONValue?) -> Reading? {
        guard objection(range) == nil else { return nil }
        let speeds = SpeedRange(
            minimum: RedfishNumber.megahertz(minimum), maximum: RedfishNumber.megahertz(maximum))
        let limit = RedfishNumber.megahertz(range["SettingMax"])
        var fragment = JSONObject()
        fragment["SettingMax"] = range["SettingMax"]
        return Reading(
            value: .speed(limit == speeds.maximum ? nil : limit), fragment: .object(fragment), speeds: speeds)
    }

    static func member(_ change: Convergence.Write, maximum: JSONValue?) -> JSONValue? {
        switch change {
        case .speed(let speed): return ["SettingMax": .number(JSONNumber(speed.megahertz))]
        case .restore(let fragment):
            // A sentinel for "not set" is never written back; the highest speed is the same state.
            guard
                let limit = RedfishNumber.megahertz(fragment["SettingMax"]) ?? RedfishNumber.megahertz(maximum)
            else { return nil }
            return ["SettingMax": .number(JSONNumber(limit.megahertz))]
        case .limit, .reset, .mode: return nil
        }
    }
}
