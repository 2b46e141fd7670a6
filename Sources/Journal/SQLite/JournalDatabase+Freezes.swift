import GRDB
import PowerEvents
import Shedding

/// What operators have frozen.
extension JournalDatabase {
    /// Writes all that are in force, in the place of those that were.
    static func write(_ freezes: [Freeze], _ db: Database) throws {
        try db.execute(sql: "DELETE FROM freeze")
        // As earlier versions kept it.
        try db.execute(sql: "DELETE FROM switch WHERE name = 'frozen'")
        for freeze in freezes {
            try db.execute(sql: "INSERT INTO freeze (body) VALUES (?)", arguments: [RecordCoder.encode(freeze)])
        }
    }

    static func freezes(_ db: Database) throws -> [Freeze] {
        var freezes: [Freeze] = try JournalRow.all(
            db, "freeze", by: "seq", sql: "SELECT seq, body FROM freeze ORDER BY seq"
        ).map { row in
            let sequence: Int64 = try row["seq"]
            return try RecordCoder.decode(try row["body"], row: "\(sequence)")
        }
        let switches = try JournalRow.all(
            db, "switch", by: "name", sql: "SELECT name, value FROM switch WHERE name = 'frozen'")
        if let isFrozen: Bool = try switches.first?["value"], isFrozen {
            freezes.append(try earlierFreeze(db))
        }
        return freezes
    }

    /// Earlier versions froze everything or nothing; who did so is in the history.
    private static func earlierFreeze(_ db: Database) throws -> Freeze {
        let line = try JournalRow.all(
            db, "history", by: "seq",
            sql: """
                SELECT seq, at, user, reason FROM history WHERE kind = 'command' AND code = 'freeze'
                ORDER BY seq DESC LIMIT 1
                """
        ).first
        return Freeze(
            since: Timestamp(milliseconds: try line?["at"] ?? 0), user: try line?.optional("user"),
            reason: try line?.optional("reason"))
    }
}
