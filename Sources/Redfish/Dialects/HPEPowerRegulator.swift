import Shedding
import StrictJSON

/// `Oem.Hpe.PowerRegulatorMode` of HPE iLO. Not offered while the operating system is in control: leaving `OSControl`
/// takes a reboot, and so would putting it back.
enum HPEPowerRegulator: ControlDialect {
    static let name = "hpe-power-regulator"
    static let shape = ControlShape.system
    private static let key = "PowerRegulatorMode"

    static func objection(to document: JSONValue, at place: Locator) -> String? {
        let modes = modes(document)
        guard modes.count > 1, let mode = document["Oem", "Hpe", key], !mode.isNull, mode != "OSControl" else {
            return nil
        }
        return OwnValue.objection(toMode: mode, key, among: modes)
    }

    private static func modes(_ document: JSONValue) -> [String] {
        let supported = document["Oem", "Hpe", "PowerRegulatorModesSupported"]?.array?.compactMap(\.string) ?? []
        return supported.filter { $0 != "OSControl" }
    }

    static func reading(in document: JSONValue, at place: Locator) -> Reading? {
        let modes = modes(document)
        guard modes.count > 1, objection(to: document, at: place) == nil,
            let mode = document["Oem", "Hpe", key]?.string, mode != "OSControl"
        else { return nil }
        return Reading(value: .mode(mode), fragment: .object(member(.string(mode))), modes: modes)
    }

    static func step(_ change: Convergence.Write, in document: JSONValue, at place: Locator) -> ControlStep? {
        switch change {
        case .mode(let mode): request(.string(mode))
        case .restore(let fragment): fragment[key].flatMap(request)
        case .limit, .reset, .speed: nil
        }
    }

    private static func request(_ mode: JSONValue) -> ControlStep? {
        .change([ControlRequest(["Oem": ["Hpe": .object(member(mode))]])])
    }

    private static func member(_ mode: JSONValue) -> JSONObject {
        var object = JSONObject()
        object[key] = mode
        return object
    }
}
