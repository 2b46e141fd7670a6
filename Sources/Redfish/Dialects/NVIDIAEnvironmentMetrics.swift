import PowerEvents
import Shedding
import StrictJSON

/// `EnvironmentMetrics.PowerLimitWatts` of a GPU or module on an NVIDIA baseboard.
///
/// The BMC hands the write to the GPU and waits for it, up to a minute. Beside the set point it takes no other member:
/// without `PowerLimitPersistency` the limit is a one-shot that a GPU reset forgets, which suits a shed.
enum NVIDIAEnvironmentMetrics: ControlDialect {
    static let name = "nvidia-environment-metrics"
    static let shape = ControlShape.environmentMetrics
    /// The minute, and what the request itself takes.
    static let deviceWait = Duration.seconds(75)
    static let patience: Duration? = deviceWait

    static func reading(in document: JSONValue, at place: Locator) -> Reading? {
        guard isNVIDIA(document, place), objection(to: document, at: place) == nil,
            let control = document["PowerLimitWatts"], control.object != nil,
            var reading = SetPointFragment.reading(control)
        else { return nil }
        // The mode is for show here, and told differently by the Control of the same limit.
        var fragment = JSONObject()
        fragment["SetPoint"] = control["SetPoint"]
        reading.fragment = .object(fragment)
        return reading
    }

    /// Its firmware has no word for "none", and takes no mode: without a number to put back, nothing is written.
    static func objection(to document: JSONValue, at place: Locator) -> String? {
        guard isNVIDIA(document, place), let control = document["PowerLimitWatts"], control.object != nil else {
            return nil
        }
        if let objection = SetPointFragment.objection(control) { return objection }
        return [control["SetPoint"], control["DefaultSetPoint"]].contains { RedfishNumber.writableWatts($0) != nil }
            ? nil : "shows no set point that could be put back"
    }

    private static func isNVIDIA(_ document: JSONValue, _ place: Locator) -> Bool {
        document["Oem", "Nvidia"]?.object != nil || place.uri.contains("/HGX_")
    }

    static func step(_ change: Convergence.Write, in document: JSONValue, at place: Locator) -> ControlStep? {
        let setPoint: JSONValue
        switch change {
        case .limit(let watts): setPoint = .number(JSONNumber(watts.wholeWatts))
        case .restore(let fragment):
            // Its firmware has no word for "none"; the most there is comes to the same.
            guard
                let value = [fragment["SetPoint"], document["PowerLimitWatts", "DefaultSetPoint"]]
                    .compactMap(RedfishNumber.writableWatts).first
            else { return nil }
            setPoint = .number(value)
        case .reset, .speed, .mode: return nil
        }
        return .change([ControlRequest(["PowerLimitWatts": ["SetPoint": setPoint]])])
    }
}
