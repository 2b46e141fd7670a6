public import Site

/// One of the connections over which a BMC's queue is worked off, of which there are as many as it may have.
public struct Slot: Sendable, Hashable {
    public let bmc: BMC.Address
    public let number: Int

    public init(bmc: BMC.Address, number: Int) {
        self.bmc = bmc
        self.number = number
    }
}
