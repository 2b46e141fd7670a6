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
        var freezes: [Freeze] = try Row.fetchAll(db, sql: "SELECT seq, body FROM freeze ORDER BY seq").map { row in
            try RecordCoder.decode(row["body"], row: "\(row["seq"] as Int64)")
        }
        if try Bool.fetchOne(db, sql: "SELECT value FROM switch WHERE name = 'frozen'") == true {
            freezes.append(try earlierFreeze(db))
        }
        return freezes
    }

    /// Earlier versions froze everything or nothing; who did so is in the history.
    private static func earlierFreeze(_ db: Database) throws -> Freeze {
        let line = try Row.fetchOne(
            db,
            sql: "SELECT at, user, reason FROM history WHERE kind = 'command' AND code = 'freeze' ORDER BY seq DESC")
        return Freeze(
            since: Timestamp(milliseconds: line?["at"] ?? 0), user: line?["user"], reason: line?["reason"])
    }
}
