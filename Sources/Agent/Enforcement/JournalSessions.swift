import Inventory
import Journal
import Redfish

/// The sessions that are open on BMCs, in the journal, so that those of a process that was killed are ended by the next.
actor JournalSessions: SessionLedger {
    private let writer: JournalWriter
    private var leftovers: [BMC.Address: [String]]

    init(writer: JournalWriter, leftovers: [BMCSession]) {
        self.writer = writer
        self.leftovers = Dictionary(grouping: leftovers, by: \.bmc).mapValues { $0.map(\.location) }
    }

    func opened(_ location: String, on bmc: BMC.Address) async {
        var batch = JournalBatch()
        batch.sessionsOpened = [BMCSession(bmc: bmc, location: location)]
        await write(batch)
    }

    func closed(_ location: String, on bmc: BMC.Address) async {
        var batch = JournalBatch()
        batch.sessionsClosed = [BMCSession(bmc: bmc, location: location)]
        await write(batch)
    }

    func takeLeftovers(on bmc: BMC.Address) -> [String] { leftovers.removeValue(forKey: bmc) ?? [] }

    /// Nothing waits for the disk here: a session that a crash makes us forget ends by its own time-out.
    private func write(_ batch: JournalBatch) async {
        let writer = writer
        Task { try? await writer.commit(batch) }
    }
}
