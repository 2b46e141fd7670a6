import Shedding
import StrictJSON

/// A Control resource of type Power under `Chassis/{id}/Controls` (DSP2046, Control). HPE Cray EX is one of these.
enum StandardControl: ControlDialect {
    static let name = "control"
    static let shape = ControlShape.control

    static func reading(in document: JSONValue, at place: Locator) -> ControlReading? {
        guard isPowerInWatts(document) else { return nil }
        return SetPointFragment.reading(document)
    }

    static func step(_ change: Convergence.Write, in document: JSONValue, at place: Locator) -> ControlStep? {
        SetPointFragment.members(change, in: document).map { .change([ControlRequest($0)]) }
    }

    /// Percent controls are refused: their range is given in watts all the same, and a wrong guess cuts power.
    static func isPowerInWatts(_ document: JSONValue) -> Bool {
        let hasSetPoint =
            document["SetPoint"] != nil || document["AllowableMax"] != nil || document["SettingRangeMax"] != nil
        return hasSetPoint && document["ControlType"]?.string == "Power"
            && [nil, "W", "Watt", "Watts"].contains(document["SetPointUnits"]?.string)
    }
}
