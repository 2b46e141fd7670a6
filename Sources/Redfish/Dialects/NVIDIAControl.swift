import Shedding
import StrictJSON

/// A power Control of an NVIDIA baseboard (HGX, GH200, GB200, GB300).
///
/// Only the Grace CPU's controls take a `ControlMode`; with any other, the whole PATCH is refused.
enum NVIDIAControl: ControlDialect {
    static let name = "nvidia-control"
    static let shape = ControlShape.control
    static let patience: Duration? = NVIDIAEnvironmentMetrics.deviceWait

    static func objection(to document: JSONValue, at place: Locator) -> String? {
        guard place.uri.contains("/HGX_"), StandardControl.isPowerInWatts(document) else { return nil }
        if let objection = SetPointFragment.objection(document) { return objection }
        // Without a mode there is no word for "off".
        return takesMode(place) || RedfishNumber.writableWatts(document["SetPoint"]) != nil
            ? nil : "shows no set point that could be put back"
    }

    static func reading(in document: JSONValue, at place: Locator) -> Reading? {
        guard place.uri.contains("/HGX_"), StandardControl.isPowerInWatts(document),
            objection(to: document, at: place) == nil
        else { return nil }
        return SetPointFragment.reading(document)
    }

    static func step(_ change: Convergence.Write, in document: JSONValue, at place: Locator) -> ControlStep? {
        guard let all = SetPointFragment.members(change, in: document, modes: ["Automatic"]) else { return nil }
        if takesMode(place) { return .change([ControlRequest(all)]) }
        let bodies = all.map { body -> JSONValue in
            var members = body.object ?? JSONObject()
            members["ControlMode"] = nil
            return .object(members)
        }
        return .change([ControlRequest(Array(bodies.prefix(1)))])
    }

    private static func takesMode(_ place: Locator) -> Bool { Links.lastComponent(place.uri).contains("_CPU_") }
}
