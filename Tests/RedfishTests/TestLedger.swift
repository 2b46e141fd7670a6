import Redfish
import Shedding
import Site

/// A ledger in memory.
actor TestLedger: BMCLedger {
    private(set) var open: Set<String>
    private(set) var knowledge: BMCKnowledge

    init(_ left: [String] = [], knowledge: BMCKnowledge = BMCKnowledge()) {
        open = Set(left)
        self.knowledge = knowledge
    }

    func opened(_ location: String, on bmc: BMC.Address) { open.insert(location) }
    func closed(_ location: String, on bmc: BMC.Address) { open.remove(location) }
    func adoptOrphanedSessions(on bmc: BMC.Address) -> [String] { open.sorted() }
    func knowledge(of bmc: BMC.Address) -> BMCKnowledge { knowledge }
    func learned(_ new: BMCKnowledge, of bmc: BMC.Address) { knowledge.merge(new) }
}
