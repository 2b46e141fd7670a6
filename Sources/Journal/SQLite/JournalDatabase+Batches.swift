import GRDB
public import PowerEvents
import Shedding

/// What becomes durable at once.
extension JournalDatabase {
    /// Writes batches in one transaction, in their order.
    public func write(_ batches: [JournalBatch], now: Timestamp) throws {
        try commit { db in
            for batch in batches { try Self.write(batch, db, now: now) }
        }
    }

    private static func write(_ batch: JournalBatch, _ db: Database, now: Timestamp) throws {
        try writeBreaches(batch.changes, db, now: now)
        for control in batch.changes.controls {
            try db.cachedStatement(
                sql: """
                    INSERT INTO control (key, body) VALUES (?, ?)
                    ON CONFLICT (key) DO UPDATE SET body = excluded.body
                    """
            ).execute(arguments: [control.entry.key.description, RecordCoder.encode(control.entry)])
        }
        for key in batch.changes.removedControls {
            try db.cachedStatement(sql: "DELETE FROM control WHERE key = ?").execute(arguments: [key.description])
        }
        if let freezes = batch.changes.freezes { try write(freezes, db) }
        for entry in batch.changes.history { try write(entry, by: batch.author, db, now: now) }
        for reading in batch.changes.readings {
            try db.cachedStatement(
                sql: """
                    INSERT INTO power_reading (breach_id, resource, microwatts, at, is_part, is_baseline)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """
            ).execute(
                arguments: [
                    reading.breach.text, reading.resource, reading.watts.microwatts, reading.at.milliseconds,
                    reading.isPart, reading.isBaseline,
                ])
        }
        for report in batch.reports { try write(report, db) }
        for report in batch.unsigned { try write(unsigned: report, db) }
        for mark in batch.forgotten {
            try db.cachedStatement(sql: "DELETE FROM seen_payload WHERE source = ? AND digest = ?")
                .execute(arguments: [mark.source, mark.digest])
        }
        for sequence in batch.handled {
            try db.cachedStatement(sql: "DELETE FROM inbox WHERE seq = ?").execute(arguments: [sequence])
        }
        for refusal in batch.refusals {
            try db.cachedStatement(
                sql: """
                    INSERT INTO refusal (at, reason, detail, topic, source, event_id, digest)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """
            ).execute(
                arguments: [
                    refusal.at.milliseconds, refusal.reason, refusal.detail, refusal.topic, refusal.source,
                    refusal.eventID, refusal.digest,
                ])
        }
        for record in batch.bmcs { try write(record, db) }
        for breach in batch.repeated {
            try db.cachedStatement(
                sql: """
                    UPDATE outbox SET published_at = NULL WHERE breach_id = ?1
                    AND report = (SELECT max(report) FROM outbox WHERE breach_id = ?1)
                    """
            ).execute(arguments: [breach.text])
        }
    }
}
