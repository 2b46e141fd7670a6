public import Shedding
public import Site

/// Remembers of BMCs what outlives this process.
public protocol BMCLedger: Sendable {
    /// A session was opened, by its URI. Those of a process that was killed can be ended by that: BMCs have few, some
    /// only eight.
    func opened(_ location: String, on bmc: BMC.Address) async
    func closed(_ location: String, on bmc: BMC.Address) async
    /// What an earlier process left open, handed out once.
    func adoptOrphanedSessions(on bmc: BMC.Address) async -> [String]
    /// What was found out about a BMC, so that a restart in the middle of a breach need not look for it again.
    func knowledge(of bmc: BMC.Address) async -> BMCKnowledge
    func learned(_ knowledge: BMCKnowledge, of bmc: BMC.Address) async
}
