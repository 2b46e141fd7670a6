import Foundation
import GRDB
public import PowerEvents
import Shedding
import StrictJSON

/// Events on their way to the broker.
extension JournalDatabase {
    /// Events that the broker has not acknowledged, oldest first.
    ///
    /// - Parameter breaches: those of which nothing is to be sent
    public func unpublished(limit: Int, without breaches: Set<UUIDText> = []) throws -> [OutboxEvent] {
        try read { db in
            try JournalRow.all(
                db, "outbox", by: "seq",
                sql: """
                    SELECT seq, event_id, breach_id, topic, payload, created_at, action FROM outbox
                    WHERE published_at IS NULL AND set_aside IS NULL
                    AND breach_id NOT IN (SELECT value FROM json_each(?)) ORDER BY seq LIMIT ?
                    """,
                arguments: [JSONValue.array(breaches.sorted().map { .string($0.text) }).text, limit]
            ).compactMap(Self.event)
        }
    }

    private static func event(_ row: JournalRow) throws -> OutboxEvent? {
        guard let id = UUIDText(try row["event_id"]), let breach = UUIDText(try row["breach_id"]) else { return nil }
        let payload: Data = try row["payload"]
        return OutboxEvent(
            eventID: id, breachID: breach, topic: try row["topic"], payload: [UInt8](payload),
            createdAt: Timestamp(milliseconds: try row["created_at"]),
            action: try row.optional("action").flatMap(Enforcement.Action.init(rawValue:)))
    }

    public func markPublished(_ ids: [UUIDText], now: Timestamp) throws {
        if ids.isEmpty { return }
        try commit { db in
            for id in ids {
                try db.cachedStatement(sql: "UPDATE outbox SET published_at = ? WHERE event_id = ?")
                    .execute(arguments: [now.milliseconds, id.text])
            }
        }
    }

    public func outboxDepth() throws -> Int {
        try read { db in
            try Int.fetchOne(
                db, sql: "SELECT count(*) FROM outbox WHERE published_at IS NULL AND set_aside IS NULL") ?? 0
        }
    }

    /// After an outage: removes reports that nobody has got, and that a later one of the same breach says better. What was
    /// put back is never said by what was applied, nor the other way round.
    ///
    /// - Parameter time: later ones stay, since they are about to go out
    /// - Returns: how many events
    public func dropSuperseded(createdBefore time: Timestamp) throws -> Int {
        let condition = """
            published_at IS NULL AND created_at < ? AND action IS NOT NULL AND report <
            (SELECT max(report) FROM outbox AS later WHERE later.breach_id = outbox.breach_id
            AND later.action = outbox.action)
            """
        let count = try read { db in
            try Int.fetchOne(
                db, sql: "SELECT count(*) FROM outbox WHERE \(condition)", arguments: [time.milliseconds]) ?? 0
        }
        if count == 0 { return 0 }
        return try commit { db in
            try db.execute(sql: "DELETE FROM outbox WHERE \(condition)", arguments: [time.milliseconds])
            return db.changesCount
        }
    }

    /// Puts several events in the place of one that the broker does not take. They belong to its report. Where its breach
    /// has a later report, that one says all.
    public func replace(_ event: UUIDText, with parts: [OutboxEvent]) throws {
        try commit { db in
            guard
                let row = try JournalRow.all(
                    db, "outbox", by: "seq", sql: "SELECT seq, breach_id, report FROM outbox WHERE event_id = ?",
                    arguments: [event.text]
                ).first
            else { return }
            let (breach, report): (String, Int) = (try row["breach_id"], try row["report"])
            let last = try Self.lastReport(of: breach, db)
            try db.execute(sql: "DELETE FROM outbox WHERE event_id = ?", arguments: [event.text])
            if last == report { for part in parts { try Self.write(part, report: report, db) } }
        }
    }

    /// Sends an event no more. It stays in the journal, with the reason.
    public func setAside(_ event: UUIDText, reason: String) throws {
        try commit { db in
            try db.execute(
                sql: "UPDATE outbox SET set_aside = ? WHERE event_id = ?", arguments: [reason, event.text])
        }
    }

    static func write(_ report: [OutboxEvent], _ db: Database) throws {
        guard let first = report.first else { return }
        let next = try (lastReport(of: first.breachID.text, db) ?? 0).addingReportingOverflow(1)
        guard !next.overflow else {
            throw JournalRow.Misfit(
                description: "outbox, breach_id \(first.breachID): report is the largest number there is")
        }
        for event in report { try write(event, report: next.partialValue, db) }
        // It says what an earlier one without a signature would have said.
        try db.cachedStatement(sql: "DELETE FROM unsigned_report WHERE breach_id = ?1 AND (action = ?2 OR ?2 = ?3)")
            .execute(arguments: [
                first.breachID.text, first.action?.rawValue, Enforcement.Action.reverted.rawValue,
            ])
    }

    private static func lastReport(of breach: String, _ db: Database) throws -> Int? {
        try JournalRow.all(
            db, "outbox", by: "breach_id",
            sql: "SELECT breach_id, max(report) AS report FROM outbox WHERE breach_id = ?", arguments: [breach]
        ).first?.optional("report")
    }

    private static func write(_ event: OutboxEvent, report: Int, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO outbox (event_id, breach_id, report, topic, payload, created_at, action)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(
            arguments: [
                event.eventID.text, event.breachID.text, report, event.topic, Data(event.payload),
                event.createdAt.milliseconds, event.action?.rawValue,
            ])
    }

    // MARK: Reports without a signature

    static func write(unsigned report: Report, _ db: Database) throws {
        try db.cachedStatement(sql: "INSERT OR REPLACE INTO unsigned_report (breach_id, action, body) VALUES (?, ?, ?)")
            .execute(arguments: [
                report.enforcement.breachID.text, report.enforcement.action.rawValue, RecordCoder.encode(report),
            ])
    }

    static func unsignedReports(_ db: Database) throws -> [Report] {
        try JournalRow.all(
            db, "unsigned_report", by: "breach_id",
            sql: "SELECT breach_id, body FROM unsigned_report ORDER BY breach_id, action"
        ).map { row in try RecordCoder.decode(try row["body"], row: try row["breach_id"]) }
    }
}
