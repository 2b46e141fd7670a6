import Shedding
import StrictJSON

/// A Control resource of type Power under `Chassis/{id}/Controls` (DSP2046, Control). HPE Cray EX is one of these.
enum StandardControl: ControlDialect {
    static let name = "control"
    static let shape = ControlShape.control

    /// Of any power Control, also of those that other dialects have.
    static func objection(to document: JSONValue, at place: Locator) -> String? {
        document["ControlType"]?.string == "Power" ? SetPointFragment.objection(document) : nil
    }

    static func reading(in document: JSONValue, at place: Locator) -> Reading? {
        guard isPowerInWatts(document), var reading = SetPointFragment.reading(document) else { return nil }
        reading.group = group(of: document, at: place.uri)
        return reading
    }

    /// Cray EX takes a PATCH of many at `Controls.Deep`, the collection with all that is in it. It does not say so; it
    /// is known by its members of HPE's under the names of Control v1_0_0.
    private static func group(of document: JSONValue, at uri: String) -> String? {
        guard document["Oem", "Hpe"] != nil, document["SettingRangeMax"] != nil, let end = uri.lastIndex(of: "/") else {
            return nil
        }
        return uri[..<end] + ".Deep"
    }

    static func step(_ change: Convergence.Write, in document: JSONValue, at place: Locator) -> ControlStep? {
        SetPointFragment.members(change, in: document).map { .change([ControlRequest($0)]) }
    }

    /// Percent controls are refused: their range is given in watts all the same, and a wrong guess cuts power.
    static func isPowerInWatts(_ document: JSONValue) -> Bool {
        let hasSetPoint =
            document["SetPoint"] != nil || document["AllowableMax"] != nil || document["SettingRangeMax"] != nil
        return hasSetPoint && document["ControlType"]?.string == "Power" && hasWatts(document)
    }

    /// Without a unit, the type says it: of `Power`, watts (DSP2046, Control).
    static func hasWatts(_ document: JSONValue) -> Bool {
        switch document["SetPointUnits"] {
        case nil, .null?: true
        case let unit?: unit.string.map(SetPointFragment.isWatts) ?? false
        }
    }
}
