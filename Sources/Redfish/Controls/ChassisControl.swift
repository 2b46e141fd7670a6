import StrictJSON

/// A Control resource of type Power under `Chassis/{id}/Controls` (DSP2046, Control).
enum ChassisControl: PowerLimitDialect {
    static let name = "control"

    static func reading(in document: JSONValue, member: String?) -> LimitReading? {
        guard isPowerInWatts(document) else { return nil }
        return SetPointFragment.reading(document)
    }

    static func body(settingWatts watts: Int, in document: JSONValue, member: String?) -> JSONValue {
        .object(SetPointFragment.members(settingWatts: watts, in: document))
    }

    static func body(restoring fragment: JSONValue, in document: JSONValue, member: String?) -> JSONValue {
        .object(SetPointFragment.members(restoring: fragment, in: document))
    }

    /// Percent controls are refused: their range is given in watts all the same, and a wrong guess cuts power.
    private static func isPowerInWatts(_ document: JSONValue) -> Bool {
        let type = document["ControlType"]?.string
        let unit = document["SetPointUnits"]?.string
        let hasSetPoint = document["SetPoint"] != nil || document["AllowableMax"] != nil
        return hasSetPoint && type == "Power" && [nil, "W", "Watt", "Watts"].contains(unit)
    }
}
