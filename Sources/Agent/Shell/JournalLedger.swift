import Journal
import Redfish
import Shedding
import Site

/// What is remembered of BMCs, in the journal.
actor JournalLedger: BMCLedger {
    private let store: any Store
    private var leftovers: [BMC.Address: [String]]
    private var knowledge: [BMC.Address: BMCKnowledge]

    init(store: any Store, contents: JournalContents) {
        self.store = store
        leftovers = Dictionary(grouping: contents.sessions, by: \.bmc).mapValues { $0.map(\.location) }
        knowledge = contents.knowledge.filter { $0.value.rules == BMCKnowledge.currentRules }
    }

    /// What is longer than any link is not remembered: such a session ends by its own time-out.
    private static let longestLocation = 4 << 10

    func opened(_ location: String, on bmc: BMC.Address) {
        guard location.utf8.count <= Self.longestLocation else { return }
        write(.opened(BMCSession(bmc: bmc, location: location)))
    }

    func closed(_ location: String, on bmc: BMC.Address) {
        write(.closed(BMCSession(bmc: bmc, location: location)))
    }

    func adoptOrphanedSessions(on bmc: BMC.Address) -> [String] { leftovers.removeValue(forKey: bmc) ?? [] }

    func knowledge(of bmc: BMC.Address) -> BMCKnowledge { knowledge[bmc] ?? BMCKnowledge() }

    func learned(_ new: BMCKnowledge, of bmc: BMC.Address) {
        let before = knowledge[bmc] ?? BMCKnowledge()
        var after = before
        after.merge(new)
        guard after != before else { return }
        knowledge[bmc] = after
        write(.learned(bmc, after))
    }

    /// Nothing waits for the disk here: a session that a crash makes us forget ends by its own time-out, and a control
    /// is found again. The order is kept: these are queued before this actor does anything else, and what the disk
    /// refuses for a while stays first in line.
    private func write(_ record: BMCRecord) {
        var batch = JournalBatch()
        batch.bmcs = [record]
        store.enqueue(batch, .untilDone) { _ in }
    }
}
