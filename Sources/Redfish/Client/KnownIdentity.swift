import Shedding
import StrictJSON

/// What a machine said of itself, and when.
struct KnownIdentity: Sendable {
    /// nil where it tells nothing.
    let identity: MachineIdentity?
    let at: ContinuousClock.Instant
}

extension BMCClient {
    static func identity(of system: JSONValue) -> MachineIdentity? {
        MachineIdentity(uuid: system["UUID"]?.string, serial: system["SerialNumber"]?.string)
    }
}
