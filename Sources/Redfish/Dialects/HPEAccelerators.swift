import PowerEvents
import Shedding
import StrictJSON

/// The power limit of HPE Apollo accelerator trays: a zone of `AccPowerService/PowerLimit`, set by an action.
enum HPEAccelerators: ControlDialect {
    static let name = "hpe-accelerators"
    static let shape = ControlShape.hpeAccelerators

    static func objection(to document: JSONValue, at place: Locator) -> String? {
        zone(document).flatMap { OwnValue.objection(toPower: $0["PowerLimitInWatts"], "PowerLimitInWatts") }
    }

    static func reading(in document: JSONValue, at place: Locator) -> Reading? {
        guard target(document) != nil, objection(to: document, at: place) == nil, let zone = zone(document) else {
            return nil
        }
        let range = document["PowerLimitRanges"]?.array?.first { $0["ZoneNumber"] == zone["ZoneNumber"] }
        var fragment = JSONObject()
        fragment["PowerLimitInWatts"] = zone["PowerLimitInWatts"]
        return Reading(
            value: .limit(RedfishNumber.positiveWatts(zone["PowerLimitInWatts"])), fragment: .object(fragment),
            range: PowerRange(
                minimum: RedfishNumber.positiveWatts(range?["MinimumPowerLimit"]),
                maximum: RedfishNumber.positiveWatts(range?["MaximumPowerLimit"])))
    }

    static func step(_ change: Convergence.Write, in document: JSONValue, at place: Locator) -> ControlStep? {
        guard let target = target(document) else { return nil }
        let watts: JSONValue
        switch change {
        case .limit(let limit): watts = .number(JSONNumber(limit.wholeWatts))
        case .restore(let fragment): watts = fragment["PowerLimitInWatts"].map(RedfishNumber.writable) ?? .null
        case .reset, .speed, .mode: return nil
        }
        let zone = document["PowerLimits"]?.array?.first?["ZoneNumber"] ?? 0
        return .change([
            ControlRequest(post: target, ["PowerLimits": [["PowerLimitInWatts": watts, "ZoneNumber": zone]]])
        ])
    }

    /// The only one; of several, none is for the whole tray.
    private static func zone(_ document: JSONValue) -> JSONValue? {
        guard let zones = document["PowerLimits"]?.array, zones.count == 1 else { return nil }
        return zones.first
    }

    private static func target(_ document: JSONValue) -> String? {
        document["Actions", "#HpeServerAccPowerLimit.ConfigurePowerLimit", "target"]?.string
    }
}
