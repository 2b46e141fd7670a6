import Shedding
import StrictJSON

/// What a control holds where nothing limits, as its own dialect spells that: for a prior that was taken from another
/// kind of control, whose fragment means nothing here.
enum OffFragment {
    /// - Returns: a fragment to restore; nil where the dialect has no word for "no limit"
    static func fragment(in document: JSONValue, at place: Locator) -> JSONValue? {
        guard let now = ControlDialects.named(place.dialect)?.reading(in: document, at: place)?.fragment.object else {
            return nil
        }
        switch place.dialect {
        case LenovoControl.name: return ["SetPoint": .null]
        case StandardControl.name: return setPoint(now, document)
        case StandardEnvironmentMetrics.name: return setPoint(now, document["PowerLimitWatts"] ?? .null)
        case NVIDIAControl.name: return highest(document)
        case NVIDIAEnvironmentMetrics.name: return highest(document["PowerLimitWatts"] ?? .null)
        case PowerControlLimit.name, HPEPowerControl.name: return replacing("LimitInWatts", .null, in: now)
        case AMIPowerControl.name: return replacing("PowerLimitTrigger", "Deactivate", in: now)
        case DellAttributes.name: return replacing("ServerPwr.1.PowerCapSetting", "Disabled", in: now)
        case NodeManagerPolicy.name: return .object(NodeManagerPolicy.states(document))
        case HPEAccelerators.name: return ["PowerLimitInWatts": .null]
        // The speed limits take what they cannot read for "not set".
        case ProcessorSpeedLimit.name, OperatingSpeedRange.name, ClockLimit.name: return .object(JSONObject())
        default: return nil
        }
    }

    private static func setPoint(_ now: JSONObject, _ control: JSONValue) -> JSONValue {
        control["ControlMode"] == nil
            ? replacing("SetPoint", .null, in: now) : replacing("ControlMode", "Disabled", in: now)
    }

    /// NVIDIA firmware has no word for "none"; the most there is comes to the same.
    private static func highest(_ control: JSONValue) -> JSONValue? {
        [control["DefaultSetPoint"], control["AllowableMax"]].compactMap(RedfishNumber.writableWatts).first
            .map { ["SetPoint": .number($0)] }
    }

    private static func replacing(_ key: String, _ value: JSONValue, in fragment: JSONObject) -> JSONValue {
        var changed = fragment
        changed[key] = value
        return .object(changed)
    }
}
