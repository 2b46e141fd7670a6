import PowerEvents
import Shedding
import StrictJSON

/// What the Control resource and its excerpt in EnvironmentMetrics have in common: `SetPoint` under a `ControlMode`
/// (DSP2046, Control).
enum SetPointFragment {
    static func reading(_ control: JSONValue) -> LimitReading {
        var fragment = JSONObject()
        for key in ["SetPoint", "ControlMode"] { fragment[key] = control[key] }
        let isDisabled = control["ControlMode"]?.string == "Disabled"
        let minimum = control["AllowableMin"] ?? control["SettingRangeMin"]
        let maximum = control["AllowableMax"] ?? control["SettingRangeMax"]
        let limit = RedfishNumber.watts(control["SetPoint"])
        return LimitReading(
            // A set point of 0 under a mode that is on means "none" wherever it was seen.
            limit: isDisabled || limit == .zero ? nil : limit, fragment: .object(fragment),
            range: PowerRange(minimum: positive(minimum), maximum: positive(maximum)))
    }

    /// `ControlMode` goes along only where the control is off: several BMCs refuse it otherwise.
    static func members(settingWatts watts: Int, in control: JSONValue) -> JSONObject {
        var members = JSONObject()
        members["SetPoint"] = .number(JSONNumber(watts))
        if control["ControlMode"]?.string == "Disabled" { members["ControlMode"] = "Automatic" }
        return members
    }

    /// Only what differs from the prior is sent.
    static func members(restoring fragment: JSONValue, in control: JSONValue) -> JSONObject {
        var members = JSONObject()
        for member in fragment.object ?? JSONObject() where control[member.key] != member.value {
            members[member.key] = member.value
        }
        // A prior without a set point had none: null says so.
        if fragment["SetPoint"] == nil, control["SetPoint"] != nil { members["SetPoint"] = .null }
        return members
    }

    private static func positive(_ value: JSONValue?) -> Watts? {
        RedfishNumber.watts(value).flatMap { $0 > .zero ? $0 : nil }
    }
}
