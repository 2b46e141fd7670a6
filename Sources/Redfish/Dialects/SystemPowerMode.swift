import Shedding
import StrictJSON

/// `ComputerSystem.PowerMode` (DSP2046, ComputerSystem), where the system says which modes it knows. An empty list, or
/// only `OEM`, is how NVIDIA baseboards say that there are none.
enum SystemPowerMode: ControlDialect {
    static let name = "system-power-mode"
    static let shape = ControlShape.system

    /// A mode that may not be chosen could not be put back.
    static func objection(to document: JSONValue, at place: Locator) -> String? {
        let modes = modes(document)
        guard !modes.isEmpty, let mode = document["PowerMode"], !mode.isNull else { return nil }
        return OwnValue.objection(toMode: mode, "PowerMode", among: modes)
    }

    /// Empty where there are none.
    private static func modes(_ document: JSONValue) -> [String] {
        let modes = document["PowerMode@Redfish.AllowableValues"]?.array?.compactMap(\.string) ?? []
        return modes.contains { $0 != "OEM" } ? modes : []
    }

    static func reading(in document: JSONValue, at place: Locator) -> Reading? {
        let modes = modes(document)
        guard !modes.isEmpty, objection(to: document, at: place) == nil, let mode = document["PowerMode"]?.string else {
            return nil
        }
        return Reading(value: .mode(mode), fragment: ["PowerMode": .string(mode)], modes: modes)
    }

    static func step(_ change: Convergence.Write, in document: JSONValue, at place: Locator) -> ControlStep? {
        switch change {
        case .mode(let mode): .change([ControlRequest(["PowerMode": .string(mode)])])
        case .restore(let fragment): fragment["PowerMode"].map { .change([ControlRequest(["PowerMode": $0])]) }
        case .limit, .reset, .speed: nil
        }
    }
}
