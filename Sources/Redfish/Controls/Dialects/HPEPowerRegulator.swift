import Shedding
import StrictJSON

/// `Oem.Hpe.PowerRegulatorMode` of HPE iLO. Not offered while the operating system is in control: leaving `OSControl`
/// takes a reboot, and so would putting it back.
enum HPEPowerRegulator: ControlDialect {
    static let name = "hpe-power-regulator"
    static let shape = ControlShape.system
    private static let key = "PowerRegulatorMode"

    static func reading(in document: JSONValue, at place: Locator) -> ControlReading? {
        guard let hpe = document["Oem", "Hpe"], let mode = hpe[key]?.string, mode != "OSControl" else { return nil }
        let modes = hpe["PowerRegulatorModesSupported"]?.array?.compactMap(\.string).filter { $0 != "OSControl" } ?? []
        guard modes.count > 1 else { return nil }
        return ControlReading(value: .mode(mode), fragment: .object(member(.string(mode))), modes: modes)
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
