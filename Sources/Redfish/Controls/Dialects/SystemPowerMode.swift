import Shedding
import StrictJSON

/// `ComputerSystem.PowerMode` (DSP2046, ComputerSystem), where the system says which modes it knows. An empty list, or
/// only `OEM`, is how NVIDIA baseboards say that there are none.
enum SystemPowerMode: ControlDialect {
    static let name = "system-power-mode"
    static let shape = ControlShape.system

    static func reading(in document: JSONValue, at place: Locator) -> ControlReading? {
        guard let mode = document["PowerMode"]?.string else { return nil }
        let modes = document["PowerMode@Redfish.AllowableValues"]?.array?.compactMap(\.string) ?? []
        guard modes.contains(where: { $0 != "OEM" }) else { return nil }
        return ControlReading(value: .mode(mode), fragment: ["PowerMode": .string(mode)], modes: modes)
    }

    static func step(_ change: Convergence.Write, in document: JSONValue, at place: Locator) -> ControlStep? {
        switch change {
        case .mode(let mode): .change([ControlRequest(["PowerMode": .string(mode)])])
        case .restore(let fragment): fragment["PowerMode"].map { .change([ControlRequest(["PowerMode": $0])]) }
        case .limit, .reset, .speed: nil
        }
    }
}
