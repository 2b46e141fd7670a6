import GRDB
public import PowerEvents
public import Shedding

/// Alerts that are not acted on yet, and what is known of them before they are taken in.
extension JournalDatabase {
    /// Keeps an alert before the broker is told that it arrived. - Returns: nil where its payload was seen before
    public func receive(_ alert: AcceptedAlert) throws -> InboxAlert? {
        let mark = alert.mark
        return try commit { db in
            try db.cachedStatement(
                sql: "INSERT OR IGNORE INTO seen_payload (source, digest, breach_id, seen_at) VALUES (?, ?, ?, ?)"
            ).execute(arguments: [mark.source, mark.digest, alert.breachID.text, alert.receivedAt.milliseconds])
            guard db.changesCount == 1 else { return nil }
            try db.cachedStatement(sql: "INSERT INTO inbox (body) VALUES (?)")
                .execute(arguments: [RecordCoder.encode(alert)])
            return InboxAlert(sequence: db.lastInsertedRowID, alert: alert)
        }
    }

    static func inbox(_ db: Database) throws -> [InboxAlert] {
        try JournalRow.all(db, "inbox", by: "seq", sql: "SELECT seq, body FROM inbox ORDER BY seq").map { row in
            let sequence: Int64 = try row["seq"]
            return InboxAlert(
                sequence: sequence, alert: try RecordCoder.decode(try row["body"], row: "\(sequence) of the inbox"))
        }
    }

    /// Whether a signed payload was taken in before, in whatever envelope. A look only: a flood of repetitions costs no
    /// disk.
    public func hasSeen(_ mark: PayloadMark) throws -> Bool {
        try read { db in
            try Bool.fetchOne(
                db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM seen_payload WHERE source = ? AND digest = ?)"),
                arguments: [mark.source, mark.digest]) ?? false
        }
    }

    /// Whether a payload was refused, as far as refusals are kept.
    public func hasRefused(_ digest: String) throws -> Bool {
        try read { db in
            try Bool.fetchOne(
                db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM refusal WHERE digest = ?)"), arguments: [digest])
                ?? false
        }
    }

    /// Whether a breach is held or remembered, or an alert of it is on its way to be acted on.
    public func knows(_ breach: UUIDText) throws -> Bool {
        try read { db in
            try Bool.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT EXISTS (SELECT 1 FROM breach WHERE id = ?1)
                        OR EXISTS (SELECT 1 FROM seen_payload WHERE breach_id = ?1)
                        """), arguments: [breach.text]) ?? false
        }
    }
}
