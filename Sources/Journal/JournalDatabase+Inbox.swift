import GRDB
public import PowerEvents
public import Shedding

/// What is known of alerts before they are taken in. Looks only: a flood of repetitions costs no disk.
extension JournalDatabase {
    /// Whether a signed payload was taken in before, in whatever envelope.
    public func hasSeen(_ mark: PayloadMark) throws -> Bool {
        try pool.read { db in
            try Bool.fetchOne(
                db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM seen_payload WHERE source = ? AND digest = ?)"),
                arguments: [mark.source, mark.digest]) ?? false
        }
    }

    /// Whether a breach is held or remembered, or an alert of it is on its way to be acted on.
    public func knows(_ breach: UUIDText) throws -> Bool {
        try pool.read { db in
            try Bool.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT EXISTS (SELECT 1 FROM breach WHERE id = ?1)
                        OR EXISTS (SELECT 1 FROM seen_payload WHERE breach_id = ?1)
                        """), arguments: [breach.text]) ?? false
        }
    }
}
