import Foundation
import GRDB
import Retrying
import Synchronization

/// How a transaction becomes durable, by the part that a file plays.
extension JournalDatabase {
    /// A journal whose writes wait for another agent's: why, and what to do.
    private struct NotHere: Error, CustomStringConvertible {
        let description: String
    }

    func commit<Value>(as part: JournalPart, _ body: (Database) throws -> Value) throws -> Value {
        switch part {
        case .alone(isMarked: true): try using { try $0.write(body) }
        case .alone(isMarked: false): try commitAlone(body)
        case .following: throw NotHere(description: "this agent follows another; only the one that leads writes")
        case .leading(let log): try commit(through: log, body)
        case .over: throw NotHere(description: "it is closed")
        }
    }

    /// What is written without the log makes the file another one than the log's: it must not pass for it later.
    private func commitAlone<Value>(_ body: (Database) throws -> Value) throws -> Value {
        let value = try using { pool in
            try pool.write { db in
                try db.execute(sql: "DELETE FROM replication")
                return try body(db)
            }
        }
        part.withLock { if case .alone = $0 { $0 = .alone(isMarked: true) } }
        return value
    }

    /// First the log, then the file.
    private func commit<Value>(through log: any ChangeLog, _ body: (Database) throws -> Value) throws -> Value {
        var step: JournalStep?
        var result: Value?
        do {
            return try using { pool in
                try pool.write { db in
                    let session = try ChangeSession(db)
                    let value = try body(db)
                    let changes = try session.changes()
                    if changes.isEmpty { return value }
                    let position = try log.append(changes)
                    (step, result) = (JournalStep(changes: changes, position: position), value)
                    try Self.write(position, db)
                    return value
                }
            }
        } catch {
            guard let step, let result else { throw error }
            // The log has it, so it has happened: whoever leads next will say so.
            try settle(step, log, after: error)
            return result
        }
    }

    private func settle(_ step: JournalStep, _ log: any ChangeLog, after error: any Error) throws {
        var (error, failures) = (error, 0)
        while log.isOpen {
            Thread.sleep(forTimeInterval: Backoff.disk.delay(after: failures) / .seconds(1))
            failures += 1
            do { return try apply([step]) } catch let latest { error = latest }
        }
        throw error
    }
}
