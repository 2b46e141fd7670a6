import Foundation
import GRDB
public import PowerEvents
import Shedding
import Site
import Synchronization

/// The agent's durable memory: one SQLite file in WAL mode, every commit flushed to the disk.
///
/// One process at a time may use it. Calls are synchronous and thread-safe; ``JournalWriter`` batches those that many
/// tasks make at once.
public final class JournalDatabase: Sendable {
    /// 64 MiB; ``checkpoint()`` keeps it far below that.
    private static let mostPagesInLog = 16_384

    public let path: String
    let pool: any DatabaseWriter
    private let lock: ProcessLock?
    private let lastFailure = Mutex<String?>(nil)

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

    /// A journal in memory, with the same tables: for what has no file to lose, such as a model of the agent.
    public init() throws {
        path = ":memory:"
        lock = nil
        pool = try DatabaseQueue()
        try JournalSchema.migrator.migrate(pool)
    }

    /// Everything that is not over.
    public func load() throws -> JournalContents {
        do {
            return try pool.read { db in
                JournalContents(
                    breaches: try Self.breaches(db),
                    controls: try String.fetchAll(db, sql: "SELECT body FROM control").map { try Self.decode($0) },
                    inbox: try Row.fetchAll(db, sql: "SELECT seq, body FROM inbox ORDER BY seq").map { row in
                        InboxAlert(sequence: row["seq"], alert: try Self.decode(row["body"]))
                    },
                    isFrozen: try Bool.fetchOne(db, sql: "SELECT value FROM switch WHERE name = 'frozen'") ?? false,
                    sessions: try Row.fetchAll(db, sql: "SELECT bmc, location FROM bmc_session").compactMap { row in
                        BMC.Address(recorded: row["bmc"]).map { BMCSession(bmc: $0, location: row["location"]) }
                    }, knowledge: try Self.knowledge(db), unsigned: try Self.unsignedReports(db),
                    lastRecordAt: try Self.lastRecordAt(db))
            }
        } catch {
            throw JournalError(path: path, reason: "cannot be read: \(Self.reason(error))")
        }
    }

    /// Why the last transaction failed; nil where it did not.
    public var failure: String? { lastFailure.withLock { $0 } }

    func commit<Value>(_ body: (Database) throws -> Value) throws -> Value {
        do {
            let value = try pool.write(body)
            lastFailure.withLock { $0 = nil }
            return value
        } catch {
            let error = JournalError(path: path, reason: "cannot be written: \(Self.reason(error))")
            lastFailure.withLock { $0 = error.description }
            throw error
        }
    }

    /// Keeps an alert before the broker is told that it arrived. - Returns: nil where its payload was seen before
    public func receive(_ alert: AcceptedAlert) throws -> InboxAlert? {
        let mark = alert.mark
        return try commit { db in
            try db.cachedStatement(
                sql: "INSERT OR IGNORE INTO seen_payload (source, digest, breach_id, seen_at) VALUES (?, ?, ?, ?)"
            ).execute(arguments: [mark.source, mark.digest, alert.breachID.text, alert.receivedAt.milliseconds])
            guard db.changesCount == 1 else { return nil }
            try db.cachedStatement(sql: "INSERT INTO inbox (body) VALUES (?)")
                .execute(arguments: [try Self.encode(alert)])
            return InboxAlert(sequence: db.lastInsertedRowID, alert: alert)
        }
    }

    /// Writes batches in one transaction, in their order.
    public func write(_ batches: [JournalBatch], now: Timestamp) throws {
        try commit { db in
            for batch in batches { try Self.write(batch, db, now: now) }
        }
    }

    /// How long a closed breach is known, and its history kept.
    public static let breachRetention = Duration.seconds(90 * 86_400)

    /// So many payloads of a source are recognised when they come again, the latest ones. One that is not is judged by its
    /// breach, so this bounds a table and nothing else.
    public static let payloadsPerSource = 20_000
    /// So many refusals are kept for each reason, and of each source where it is proven to be it.
    public static let refusalsPerReason = 2_000
    private static let provenReasons = RefusalReason.allCases.filter(\.isOfVerifiedSource).map(\.rawValue)

    /// Forgets what nobody needs any more: history and closed breaches after 90 days (and with these the bar to open
    /// them again, which the freshness of alerts has long taken over), seen payloads after 30 days or beyond
    /// ``payloadsPerSource``, published events of closed breaches after 7, refusals after 30 or beyond
    /// ``refusalsPerReason``, history beyond the latest 2,000,000.
    public func prune(now: Timestamp) throws {
        func before(days: Int) -> Int64 { (now - .seconds(days * 86_400)).milliseconds }
        let longAgo = (now - Self.breachRetention).milliseconds
        try commit { db in
            try db.execute(
                sql: "DELETE FROM breach WHERE is_closed AND updated_at < ?", arguments: [longAgo])
            try db.execute(sql: "DELETE FROM seen_payload WHERE seen_at < ?", arguments: [before(days: 30)])
            try db.execute(
                sql: """
                    DELETE FROM seen_payload WHERE (source, digest) IN (SELECT source, digest FROM
                    (SELECT source, digest, row_number() OVER (PARTITION BY source ORDER BY seen_at DESC) AS place
                    FROM seen_payload) WHERE place > ?)
                    """, arguments: [Self.payloadsPerSource])
            for table in ["release", "let_go", "plan_change"] {
                try db.execute(sql: "DELETE FROM \(table) WHERE breach_id NOT IN (SELECT id FROM breach)")
            }
            try db.execute(
                sql: """
                    DELETE FROM outbox WHERE published_at < ?
                    AND breach_id NOT IN (SELECT id FROM breach WHERE NOT is_closed)
                    """, arguments: [before(days: 7)])
            try db.execute(
                sql: "DELETE FROM history WHERE at < ? OR seq <= (SELECT max(seq) FROM history) - 2000000",
                arguments: [longAgo])
            try db.execute(sql: "DELETE FROM refusal WHERE at < ?", arguments: [before(days: 30)])
            // What claims to come from a source and is not proven to takes no room from that source.
            try db.execute(
                sql: """
                    DELETE FROM refusal WHERE seq IN (SELECT seq FROM
                    (SELECT seq, row_number() OVER (PARTITION BY reason, CASE WHEN reason IN
                    (\(Self.provenReasons.map { "'\($0)'" }.joined(separator: ", "))) THEN source END
                    ORDER BY seq DESC) AS place FROM refusal) WHERE place > ?)
                    """, arguments: [Self.refusalsPerReason])
            try db.execute(
                sql: "INSERT OR REPLACE INTO heartbeat (id, at) VALUES (1, ?)", arguments: [now.milliseconds])
        }
    }

    /// Brings what is in the write-ahead log into the file. Nothing depends on it; it is for when there is time.
    public func checkpoint() throws {
        _ = try pool.writeWithoutTransaction { db in try db.checkpoint(.passive) }
    }

    public func close() throws {
        try pool.close()
        lock?.release()
    }

    // MARK: Inside a transaction

    private static func write(_ batch: JournalBatch, _ db: Database, now: Timestamp) throws {
        try writeBreaches(batch.changes, db, now: now)
        for control in batch.changes.controls {
            try db.cachedStatement(
                sql: """
                    INSERT INTO control (key, bmc, body, outcome) VALUES (?, ?, ?, ?)
                    ON CONFLICT (key) DO UPDATE SET bmc = excluded.bmc, body = excluded.body,
                    outcome = excluded.outcome
                    """
            ).execute(arguments: [
                control.entry.key.description, control.entry.bmc.address.description,
                JournalEncoder.encode(control.entry),
                try control.outcome.map { try encode($0) },
            ])
        }
        for key in batch.changes.removedControls {
            try db.cachedStatement(sql: "DELETE FROM control WHERE key = ?").execute(arguments: [key.description])
        }
        if let isFrozen = batch.changes.isFrozen {
            try db.execute(
                sql: "INSERT OR REPLACE INTO switch (name, value) VALUES ('frozen', ?)", arguments: [isFrozen])
        }
        for entry in batch.changes.history { try write(entry, db, now: now) }
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
        for session in batch.sessionsOpened {
            try db.cachedStatement(sql: "INSERT OR IGNORE INTO bmc_session (bmc, location) VALUES (?, ?)")
                .execute(arguments: [session.bmc.description, session.location])
        }
        for session in batch.sessionsClosed {
            try db.cachedStatement(sql: "DELETE FROM bmc_session WHERE bmc = ? AND location = ?")
                .execute(arguments: [session.bmc.description, session.location])
        }
        for (bmc, knowledge) in batch.learned {
            try db.cachedStatement(sql: "INSERT OR REPLACE INTO bmc_knowledge (bmc, body) VALUES (?, ?)")
                .execute(arguments: [bmc.description, try encode(knowledge)])
        }
        for breach in batch.repeated {
            try db.cachedStatement(
                sql: """
                    UPDATE outbox SET published_at = NULL WHERE breach_id = ?1
                    AND report = (SELECT max(report) FROM outbox WHERE breach_id = ?1)
                    """
            ).execute(arguments: [breach.text])
        }
    }

    /// What cannot be read is found out again.
    private static func knowledge(_ db: Database) throws -> [BMC.Address: BMCKnowledge] {
        var all: [BMC.Address: BMCKnowledge] = [:]
        for row in try Row.fetchAll(db, sql: "SELECT bmc, body FROM bmc_knowledge") {
            if let bmc = BMC.Address(recorded: row["bmc"]) { all[bmc] = try? decode(row["body"]) }
        }
        return all
    }

    static func encode(_ value: some Encodable) throws -> String {
        try JournalEncoder.encode(value)
    }

    static func decode<Value: Decodable>(_ text: String) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    }

    static func reason(_ error: any Error) -> String {
        (error as? DatabaseError).map { $0.message ?? "\($0.resultCode)" } ?? "\(error)"
    }
}
