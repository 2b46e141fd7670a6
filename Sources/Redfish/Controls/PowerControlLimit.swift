import PowerEvents
import Shedding
import StrictJSON

/// `Power.PowerControl[].PowerLimit`, the oldest shape (DSP2046, Power).
enum PowerControlLimit: PowerLimitDialect {
    static let name = "power-control"

    static func reading(in document: JSONValue, member: String?) -> LimitReading? {
        guard let index = index(in: document, member: member), let control = document["PowerControl"]?.array?[index],
            let limit = control["PowerLimit"], limit.object != nil
        else { return nil }
        var fragment = JSONObject()
        fragment["LimitInWatts"] = limit["LimitInWatts"]
        let watts = RedfishNumber.watts(limit["LimitInWatts"])
        return LimitReading(
            limit: watts == .zero ? nil : watts, fragment: .object(fragment),
            range: PowerRange(
                minimum: nil,
                maximum: RedfishNumber.watts(control["PowerCapacityWatts"]).flatMap { $0 > .zero ? $0 : nil }))
    }

    static func body(settingWatts watts: Int, in document: JSONValue, member: String?) -> JSONValue {
        body(.number(JSONNumber(watts)), in: document, member: member)
    }

    static func body(restoring fragment: JSONValue, in document: JSONValue, member: String?) -> JSONValue {
        // A limit that was absent had no value; null is the way to say so (DSP2046: "power capping shall be disabled").
        body(fragment["LimitInWatts"] ?? .null, in: document, member: member)
    }

    /// The place of a member by its MemberId; by index where it has none. Without a member, the only one with a limit.
    static func index(in document: JSONValue, member: String?) -> Int? {
        guard let controls = document["PowerControl"]?.array else { return nil }
        guard let member else {
            let limited = controls.indices.filter { controls[$0]["PowerLimit"]?.object != nil }
            return limited.count == 1 ? limited[0] : nil
        }
        if let index = controls.firstIndex(where: { self.member($0) == member }) { return index }
        return Int(member).flatMap { controls.indices.contains($0) ? $0 : nil }
    }

    static func member(_ control: JSONValue) -> String? {
        control["MemberId"]?.string ?? control["MemberID"]?.string
    }

    /// An array is patched by position: empty objects leave the members before it as they are (DSP0266, 7.5).
    private static func body(_ limit: JSONValue, in document: JSONValue, member: String?) -> JSONValue {
        let index = index(in: document, member: member) ?? 0
        let leading = Array(repeating: JSONValue.object(JSONObject()), count: index)
        return ["PowerControl": .array(leading + [["PowerLimit": ["LimitInWatts": limit]]])]
    }
}
