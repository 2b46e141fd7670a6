import PowerEvents
import Shedding
import StrictJSON

/// The power cap of Dell iDRAC in its attributes, which are the truth: the Power resource shows a limit also while
/// capping is off.
enum DellAttributes: ControlDialect {
    static let name = "dell-attributes"
    static let shape = ControlShape.dellAttributes
    private static let setting = "ServerPwr.1.PowerCapSetting"
    private static let value = "ServerPwr.1.PowerCapValue"

    static func objection(to document: JSONValue, at place: Locator) -> String? {
        guard let attributes = document["Attributes"], let isOn = attributes[setting], let watts = attributes[value]
        else { return nil }
        return OwnValue.objection(toMode: isOn, setting, among: ["Enabled", "Disabled"])
            ?? OwnValue.objection(toPower: watts, value)
    }

    static func reading(in document: JSONValue, at place: Locator) -> Reading? {
        guard objection(to: document, at: place) == nil, let attributes = document["Attributes"],
            let isOn = attributes[setting]?.string, attributes[value] != nil
        else { return nil }
        var fragment = JSONObject()
        for key in [setting, value] { fragment[key] = attributes[key] }
        let range = PowerRange(
            minimum: RedfishNumber.positiveWatts(attributes["ServerPwr.1.PowerCapMinThres"]),
            maximum: RedfishNumber.positiveWatts(attributes["ServerPwr.1.PowerCapMaxThres"]))
        return Reading(
            RedfishNumber.positiveWatts(attributes[value]), isInForce: isOn == "Enabled", .object(fragment), range)
    }

    static func step(_ change: Convergence.Write, in document: JSONValue, at place: Locator) -> ControlStep? {
        var members = JSONObject()
        switch change {
        case .limit(let watts):
            members[setting] = "Enabled"
            members[value] = .number(JSONNumber(watts.wholeWatts))
            return .change([ControlRequest(["Attributes": .object(members)])])
        case .restore(let fragment):
            for key in [setting, value] where fragment[key] != document["Attributes", key] {
                members[key] = fragment[key].map(RedfishNumber.writable)
            }
            var request = ControlRequest(["Attributes": .object(members)])
            // A value from before may lie past the maximum and be refused; that capping is off is what counts.
            if fragment[setting] == "Disabled", members.count > 1 {
                var off = JSONObject()
                off[setting] = "Disabled"
                request.bodies.append(["Attributes": .object(off)])
            }
            return .change([request])
        case .reset, .speed, .mode: return nil
        }
    }
}
