#if canImport(Journal)
    import Journal
    import PowerEvents
    import Shedding
    import StrictJSON

    func makeJournalMirror() throws -> (any JournalMirror)? { SQLiteMirror(try JournalDatabase()) }

    /// The agent's own journal, in SQLite.
    final class SQLiteMirror: JournalMirror {
        private let journal: JournalDatabase
        private var failure: String?
        /// The places in the inbox that the disk in memory has given.
        private var sequences: [Int64: Int64] = [:]

        init(_ journal: JournalDatabase) { self.journal = journal }

        private func attempt(_ body: () throws -> Void) {
            do { try body() } catch { failure = failure ?? "the journal failed: \(error)" }
        }

        func receive(_ alert: ReceivedAlert, now: Timestamp) {
            guard let said = alert.alert else { return }
            let accepted = AcceptedAlert(
                eventID: alert.eventID, source: alert.source, time: alert.time, receivedAt: alert.receivedAt,
                trace: nil,
                correlationID: nil, payload: said.json.text, breachID: said.breachID, digest: alert.mark.digest)
            attempt {
                guard let item = try journal.receive(accepted) else {
                    failure = failure ?? "the journal has seen an alert that the disk has not"
                    return
                }
                sequences[alert.sequence] = item.sequence
            }
        }

        func write(_ records: Records, now: Timestamp) {
            var batch = JournalBatch()
            batch.changes = records.changes
            batch.handled = records.handled.compactMap { sequences.removeValue(forKey: $0) }
            batch.forgotten = records.forgotten
            attempt { try journal.write([batch], now: now) }
        }

        func difference(from contents: Core.Contents) -> String? {
            if let failure { return failure }
            guard let found = try? journal.load().core else { return "the journal cannot be read" }
            let (breaches, controls) = (
                found.breaches.sorted { $0.id < $1.id }, found.controls.sorted { $0.key < $1.key }
            )
            if breaches != contents.breaches { return "the journal's breaches are not those that were written" }
            if controls != contents.controls { return "the journal's controls are not those that were written" }
            if found.freezes != contents.freezes { return "the journal has forgotten a freeze" }
            let alerts = { (list: [ReceivedAlert]) in list.compactMap(\.alert) }
            if alerts(found.inbox) != alerts(contents.inbox) { return "the journal's inbox is not what was received" }
            return nil
        }
    }
#endif
