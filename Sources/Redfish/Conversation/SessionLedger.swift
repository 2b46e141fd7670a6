public import Inventory

/// Remembers the sessions that are open on BMCs beyond the life of this process, so that those of one that was killed
/// can be ended: BMCs have few, some only eight.
public protocol SessionLedger: Sendable {
    func opened(_ location: String, on bmc: BMC.Address) async
    func closed(_ location: String, on bmc: BMC.Address) async
    /// What an earlier process left open, handed out once.
    func takeLeftovers(on bmc: BMC.Address) async -> [String]
}
