import Shedding
import StrictJSON

/// A Control of type FrequencyMHz such as `ClockLimit_0` of an NVIDIA GPU's chassis (DSP2046, Control).
enum ClockLimit: ControlDialect {
    static let name = "clock-limit"
    static let shape = ControlShape.control
    static let patience: Duration? = NVIDIAEnvironmentMetrics.deviceWait

    static func objection(to document: JSONValue, at place: Locator) -> String? {
        isOne(document) ? SettingMaxFragment.objection(document) : nil
    }

    static func reading(in document: JSONValue, at place: Locator) -> Reading? {
        guard isOne(document) else { return nil }
        return SettingMaxFragment.reading(
            document, minimum: document["AllowableMin"], maximum: document["AllowableMax"])
    }

    static func step(_ change: Convergence.Write, in document: JSONValue, at place: Locator) -> ControlStep? {
        if case .restore(let fragment) = change, RedfishNumber.megahertz(fragment["SettingMax"]) == nil,
            let target = document["Actions", "#Control.ResetToDefaults", "target"]?.string
        {
            // It held a sentinel for "not set", which is never written back.
            return .change([ControlRequest(post: target, .object(JSONObject()))])
        }
        return SettingMaxFragment.member(change, maximum: document["AllowableMax"])
            .map { .change([ControlRequest($0)]) }
    }

    private static func isOne(_ document: JSONValue) -> Bool {
        document["ControlType"]?.string == "FrequencyMHz" && document["SettingMax"] != nil && isMegahertz(document)
    }

    /// Some say `Hz` and mean the megahertz of the type, as their range then shows.
    private static func isMegahertz(_ document: JSONValue) -> Bool {
        switch document["SetPointUnits"]?.string?.lowercased() {
        case nil, "mhz"?: true
        case "hz"?: RedfishNumber.megahertz(document["AllowableMax"]) != nil
        default: false
        }
    }
}
