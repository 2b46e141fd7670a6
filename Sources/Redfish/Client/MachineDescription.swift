public import PowerEvents

/// What a BMC says of the machine and of itself, for people.
public struct MachineDescription: Sendable, Hashable {
    /// Manufacturer and model of the node, or the BMC's vendor.
    public var model: String?
    /// Whether the login is a session; otherwise every request carries name and password.
    public var hasSession: Bool
    /// Why it is none, where that is known.
    public var sessionObstacle: String?
    /// What it draws, as the resource of its power limit tells; the most of the last while where that is told too.
    public var drawn: Watts?
}
