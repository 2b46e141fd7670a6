import Shedding
import StrictJSON

/// What a search has to know of each system to choose among them; whole documents of thousands would take gigabytes.
struct SystemOutline: Sendable, Hashable {
    let uri: String
    let id: String
    let uuid: String?
    /// A host can be reset; the baseboard of its GPUs cannot.
    let canReset: Bool
    let hasFirmware: Bool
    /// The chassis that it says it is in.
    let chassis: [String]
    let powerState: PowerState

    init(_ uri: String, _ json: JSONValue) {
        self.uri = uri
        id = json["Id"]?.string ?? Links.lastComponent(uri)
        uuid = json["UUID"]?.string
        canReset = json["Actions", "#ComputerSystem.Reset"] != nil
        hasFirmware = json["Bios"] != nil || json["Boot"] != nil
        chassis = Links.oneOrMany(json["Links", "Chassis"])
        powerState = json["PowerState"]?.string.flatMap(PowerState.init(rawValue:)) ?? .unknown
    }

    func isNamed(_ name: String) -> Bool {
        Links.isSame(uri, name) || Links.lastComponent(uri) == name
    }
}
