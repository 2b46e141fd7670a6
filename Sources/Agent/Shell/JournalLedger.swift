import Journal
import Redfish
import Shedding
import Site

/// What is remembered of BMCs, in the journal.
actor JournalLedger: BMCLedger {
    private let writer: JournalWriter
    private var leftovers: [BMC.Address: [String]]
    private var knowledge: [BMC.Address: BMCKnowledge]

    init(writer: JournalWriter, contents: JournalContents) {
        self.writer = writer
        leftovers = Dictionary(grouping: contents.sessions, by: \.bmc).mapValues { $0.map(\.location) }
        knowledge = contents.knowledge.filter { $0.value.rules == BMCKnowledge.currentRules }
    }

    func opened(_ location: String, on bmc: BMC.Address) {
        var batch = JournalBatch()
        batch.sessionsOpened = [BMCSession(bmc: bmc, location: location)]
        write(batch)
    }

    func closed(_ location: String, on bmc: BMC.Address) {
        var batch = JournalBatch()
        batch.sessionsClosed = [BMCSession(bmc: bmc, location: location)]
        write(batch)
    }

    func adoptOrphanedSessions(on bmc: BMC.Address) -> [String] { leftovers.removeValue(forKey: bmc) ?? [] }

    func knowledge(of bmc: BMC.Address) -> BMCKnowledge { knowledge[bmc] ?? BMCKnowledge() }

    func learned(_ new: BMCKnowledge, of bmc: BMC.Address) {
        let before = knowledge[bmc] ?? BMCKnowledge()
        var after = before
        after.merge(new)
        guard after != before else { return }
        knowledge[bmc] = after
        var batch = JournalBatch()
        batch.learned = [bmc: after]
        write(batch)
    }

    /// Nothing waits for the disk here: a session that a crash makes us forget ends by its own time-out, and a control
    /// is found again.
    private func write(_ batch: JournalBatch) {
        let writer = writer
        Task { try? await writer.commit(batch) }
    }
}
