import Foundation
import GRDB
import PowerEvents
import Shedding
import Synchronization

/// The agent's durable memory: one SQLite file in WAL mode, every commit flushed to the disk.
///
/// One process at a time may use it. Calls are synchronous and thread-safe, and wait for the disk: ``SQLiteStore`` is the
/// way there for whoever must not.
public final class JournalDatabase: Sendable {
    /// 64 MiB; ``checkpoint()`` keeps it far below that.
    private static let mostPagesInLog = 16_384

    public let path: String
    private let pool: any DatabaseWriter
    private let gate = UseGate()
    private let lock: ProcessLock?
    private let lastFailure = Mutex<String?>(nil)
    let part = Mutex(JournalPart.alone(isMarked: false))

    /// Opens or creates the file, checks it, and brings its tables up to date.
    ///
    /// - Throws: ``JournalError``
    public init(path: String) throws {
        self.path = path
        lock = try ProcessLock(path: path + ".lock", of: path)
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.label = "journal"
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA synchronous = FULL")
            // An alert with thousands of hints fills what is the default, and its commit would wait for a checkpoint.
            try db.execute(sql: "PRAGMA wal_autocheckpoint = \(Self.mostPagesInLog)")
        }
        do {
            let pool = try DatabasePool(path: path, configuration: configuration)
            self.pool = pool
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            let complaints = try pool.read { db in try String.fetchAll(db, sql: "PRAGMA quick_check(5)") }
            guard complaints == ["ok"] else {
                throw JournalError(path: path, reason: "is damaged: \(complaints.joined(separator: "; "))")
            }
            guard try !pool.read(JournalSchema.migrator.hasBeenSuperseded) else {
                throw JournalError(path: path, reason: "was written by a newer version of ima; run that one")
            }
            try JournalSchema.migrator.migrate(pool)
        } catch let error as JournalError {
            throw error
        } catch {
            throw JournalError(path: path, reason: "cannot be opened: \(Self.reason(error))")
        }
    }

    /// A journal to be read only, whether or not an agent uses it. One of an earlier version is read in a copy in memory.
    ///
    /// - Throws: ``JournalError``
    public init(reading path: String) throws {
        self.path = path
        lock = nil
        do {
            let file = try Self.openToRead(path)
            if try file.read(JournalSchema.migrator.hasBeenSuperseded) {
                throw JournalError(path: path, reason: "was written by a newer version of ima; use that one")
            }
            guard try !file.read(JournalSchema.migrator.hasCompletedMigrations) else {
                pool = file
                return
            }
            let copy = try DatabaseQueue()
            try file.backup(to: copy)
            try JournalSchema.migrator.migrate(copy)
            pool = copy
        } catch let error as JournalError {
            throw error
        } catch {
            throw JournalError(path: path, reason: "cannot be read: \(Self.reason(error))")
        }
    }

    /// A journal's file, which an agent may be using.
    ///
    /// - Throws: ``JournalError`` where there is none, else what SQLite says
    static func openToRead(_ path: String) throws -> DatabaseQueue {
        guard FileManager.default.fileExists(atPath: path) else {
            throw JournalError(path: path, reason: "does not exist")
        }
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// A journal in memory, with the same tables: for what has no file to lose, such as a model of the agent.
    public init() throws {
        path = ":memory:"
        lock = nil
        pool = try DatabaseQueue()
        try JournalSchema.migrator.migrate(pool)
    }

    /// Everything that is not over.
    public func load() throws -> JournalContents {
        try read { db in
            JournalContents(
                breaches: try Self.breaches(db),
                controls: try JournalRow.all(
                    db, "control", by: "key", sql: "SELECT key, body FROM control"
                ).map { row in
                    try RecordCoder.decode(try row["body"], row: try row["key"])
                },
                inbox: try Self.inbox(db),
                freezes: try Self.freezes(db),
                sessions: try Self.sessions(db), knowledge: try Self.knowledge(db),
                unsigned: try Self.unsignedReports(db),
                lastRecordAt: try Self.lastRecordAt(db))
        }
    }

    /// Why nothing is read or written any more.
    private struct Closed: Error, CustomStringConvertible {
        let description = "it is closed"
    }

    /// The one way to the connections. Whoever waits for one of them while all are closed would get one that is closed, and
    /// SQLite ends the process over it.
    func using<Value>(_ body: (any DatabaseWriter) throws -> Value) throws -> Value {
        guard gate.enter() else { throw Closed() }
        defer { gate.leave() }
        return try body(pool)
    }

    /// - Throws: ``JournalError``
    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        do { return try using { try $0.read(body) } } catch {
            throw JournalError(path: path, reason: "cannot be read: \(Self.reason(error))")
        }
    }

    /// Why the last transaction failed; nil where it did not.
    public var failure: String? { lastFailure.withLock { $0 } }

    func commit<Value>(_ body: (Database) throws -> Value) throws -> Value {
        do {
            let value = try commit(as: part.withLock { $0 }, body)
            lastFailure.withLock { $0 = nil }
            return value
        } catch {
            let error = JournalError(path: path, reason: "cannot be written: \(Self.reason(error))")
            lastFailure.withLock { $0 = error.description }
            throw error
        }
    }

    public func close() throws {
        part.withLock { $0 = .over }
        gate.shut()
        try pool.close()
        lock?.release()
    }

    static func reason(_ error: any Error) -> String {
        (error as? DatabaseError).map { $0.message ?? "\($0.resultCode)" } ?? "\(error)"
    }
}
