public import Site

/// A session of this agent on a BMC.
public struct BMCSession: Sendable, Hashable {
    public let bmc: BMC.Address
    /// Its URI.
    public let location: String

    public init(bmc: BMC.Address, location: String) {
        self.bmc = bmc
        self.location = location
    }
}
