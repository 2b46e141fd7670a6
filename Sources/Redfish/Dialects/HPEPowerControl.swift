import Shedding
import StrictJSON

/// The power limit of HPE iLO: standard but for the lowest cap, which the Power resource tells beside.
enum HPEPowerControl: ControlDialect {
    static let name = "hpe-power-control"
    static let shape = ControlShape.power

    static func objection(to document: JSONValue, at place: Locator) -> String? {
        document["Oem", "Hpe"]?.object == nil ? nil : PowerControlLimit.objection(to: document, at: place)
    }

    static func reading(in document: JSONValue, at place: Locator) -> Reading? {
        guard let hpe = document["Oem", "Hpe"], hpe.object != nil,
            var reading = PowerControlLimit.reading(in: document, at: place)
        else { return nil }
        if hpe["MinimumSafelyAchievableCapValid"] == true {
            reading.range.minimum = RedfishNumber.positiveWatts(hpe["MinimumSafelyAchievableCap"])
        }
        return reading
    }

    static func step(_ change: Convergence.Write, in document: JSONValue, at place: Locator) -> ControlStep? {
        PowerControlLimit.step(change, in: document, at: place)
    }
}
