import Foundation
import GRDB
import Synchronization

/// A journal's file as one of several that hold the same, by a log of what was changed.
extension JournalDatabase {
    /// How many versions the tables have had. An agent with fewer than the log's newest cannot take its entries.
    public static var schema: Int { JournalSchema.migrator.migrations.count }

    /// Where the file is in a log; nil where it is in none, or was written to without it.
    public var position: JournalPosition? {
        get throws {
            try read { db in
                try JournalRow.all(db, "replication", sql: "SELECT * FROM replication").first.map { row in
                    let (number, chain): (Int64, Data) = (try row["number"], try row["chain"])
                    guard JournalPosition.numbers.contains(number) else {
                        throw JournalRow.Misfit(description: "replication: number is \(number), which is none of a log")
                    }
                    return JournalPosition(
                        log: try row["log"], number: number, chain: [UInt8](chain), leader: try row.optional("leader"),
                        hasEnded: try row["has_ended"])
                }
            }
        }
    }

    /// Whether nothing was ever kept in it.
    public var isBlank: Bool {
        get throws {
            try read { db in
                let tables = try String.fetchAll(
                    db,
                    sql: """
                        SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
                        AND name NOT LIKE 'grdb_%' AND name <> 'heartbeat'
                        """)
                return try tables.allSatisfy { table in
                    try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM \"\(table)\")") == false
                }
            }
        }
    }

    /// From now on the file takes what another agent appends, and refuses all else.
    public func follow() { change(to: .following) }

    /// From now on each transaction goes through the log.
    public func lead(_ log: any ChangeLog) { change(to: .leading(log)) }

    private func change(to next: JournalPart) {
        part.withLock { part in
            if case .over = part { return }
            part = next
        }
    }

    func giveUpAppending() {
        if case .leading(let log) = part.withLock({ $0 }) { log.giveUp() }
    }

    /// Takes entries of the log, in one transaction.
    ///
    /// - Throws: ``JournalError`` where the disk refuses, ``JournalDivergence`` where a row is not as an entry expects it;
    ///   nothing has changed then
    public func apply(_ steps: [JournalStep]) throws {
        guard let last = steps.last else { return }
        do {
            try using { pool in
                try pool.write { db in
                    for step in steps { try ChangeSession.apply(step.changes, db) }
                    try Self.write(last.position, db)
                }
            }
        } catch let error as DatabaseError where Self.tellsOfRows(error) {
            throw JournalDivergence(path: path, number: last.position.number, reason: Self.reason(error))
        } catch {
            throw JournalError(
                path: path, reason: "cannot take the log's entry \(last.position.number): \(Self.reason(error))")
        }
    }

    private static func tellsOfRows(_ error: DatabaseError) -> Bool {
        [.SQLITE_ABORT, .SQLITE_CONSTRAINT, .SQLITE_MISMATCH, .SQLITE_CORRUPT, .SQLITE_SCHEMA]
            .contains(error.resultCode.primaryResultCode)
    }

    /// Says where in a log the file is, as it is now.
    public func setPosition(_ position: JournalPosition) throws {
        try using { pool in try pool.write { try Self.write(position, $0) } }
    }

    static func write(_ position: JournalPosition, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO replication (id, log, number, chain, leader, has_ended)
                VALUES (1, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            position.log, position.number, Data(position.chain), position.leader, position.hasEnded,
        ])
    }
}
