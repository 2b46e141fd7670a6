import PowerEvents
import Shedding
import StrictJSON

/// What the Control resource and its excerpt in EnvironmentMetrics have in common: `SetPoint` under a `ControlMode`
/// (DSP2046, Control).
enum SetPointFragment {
    /// Why a limit of these members cannot be used although it is one; nil where it can.
    ///
    /// A value that could not be put back is never written: what shows no set point, not even null, has to say by its
    /// mode that it is off. And watts are never written where another unit is named.
    static func objection(_ control: JSONValue) -> String? {
        for key in ["SetPointUnits", "ReadingUnits"] {
            if let unit = control[key]?.string, !isWatts(unit) { return "is set in \(unit), which is not watts" }
        }
        if let type = control["ControlType"]?.string, type != "Power" { return "is a control of \(type), not of power" }
        if control["SetPoint"] == nil, control["ControlMode"]?.string != "Disabled" {
            return "shows no set point that could be put back"
        }
        if let mode = control["ControlMode"], !mode.isNull,
            let objection = OwnValue.objection(toMode: mode, "ControlMode")
        {
            return objection
        }
        return OwnValue.objection(toPower: control["SetPoint"], "SetPoint")
    }

    static func isWatts(_ unit: String) -> Bool { ["w", "watt", "watts"].contains(unit.lowercased()) }

    static func reading(_ control: JSONValue) -> Reading? {
        guard objection(control) == nil else { return nil }
        var fragment = JSONObject()
        for key in ["SetPoint", "ControlMode"] { fragment[key] = control[key] }
        let isDisabled = control["ControlMode"]?.string == "Disabled"
        // Cray EX has the names of Control v1_0_0.
        let minimum = control["AllowableMin"] ?? control["SettingRangeMin"]
        let maximum = control["AllowableMax"] ?? control["SettingRangeMax"]
        let range = PowerRange(
            minimum: RedfishNumber.positiveWatts(minimum), maximum: RedfishNumber.positiveWatts(maximum),
            increment: RedfishNumber.positiveWatts(control["Increment"]))
        // A set point of 0 under a mode that is on means "none" wherever it was seen.
        return Reading(
            RedfishNumber.positiveWatts(control["SetPoint"]), isInForce: !isDisabled, .object(fragment), range)
    }

    /// The members to write, in the order to try.
    ///
    /// `ControlMode` goes along only where the control is off: several BMCs refuse it otherwise. `modes` are the words
    /// for "on" that this BMC may know, the likeliest first.
    static func members(
        _ change: Convergence.Write, in control: JSONValue, modes: [String] = ["Automatic", "Manual"]
    ) -> [JSONValue]? {
        switch change {
        case .limit(let watts):
            let setPoint: JSONValue = .number(JSONNumber(watts.wholeWatts))
            guard control["ControlMode"]?.string == "Disabled" else { return [["SetPoint": setPoint]] }
            return modes.map { ["SetPoint": setPoint, "ControlMode": .string($0)] }
        case .restore(let fragment):
            let all = restoring(fragment, in: control)
            let mode = all["ControlMode"]
            // Some refuse the dormant set point of a control that was off; off is what counts then.
            guard let mode, all.count > 1, mode.string == "Disabled" else { return [.object(all)] }
            return [.object(all), ["ControlMode": mode]]
        case .reset, .speed, .mode: return nil
        }
    }

    /// Only what differs from the prior is sent.
    private static func restoring(_ fragment: JSONValue, in control: JSONValue) -> JSONObject {
        var members = JSONObject()
        for member in fragment.object ?? JSONObject() where control[member.key] != member.value {
            members[member.key] = RedfishNumber.writable(member.value)
        }
        // A prior without a set point had none: null says so.
        if fragment["SetPoint"] == nil, control["SetPoint"] != nil { members["SetPoint"] = .null }
        return members
    }
}
