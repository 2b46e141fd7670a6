import Foundation
import GRDB
import Inventory
public import PowerEvents
import Shedding
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
                    }, knowledge: try Self.knowledge(db))
            }
        } catch {
            throw JournalError(path: path, reason: "cannot be read: \(Self.reason(error))")
        }
    }

    /// Why the last transaction failed; nil where it did not.
    public var failure: String? { lastFailure.withLock { $0 } }

    private func commit<Value>(_ body: (Database) throws -> Value) throws -> Value {
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

    /// Keeps an alert before the broker is told that it arrived. - Returns: nil where it was seen before
    public func receive(_ alert: AcceptedAlert) throws -> InboxAlert? {
        try commit { db in
            try db.cachedStatement(sql: "INSERT OR IGNORE INTO seen_event (source, id, seen_at) VALUES (?, ?, ?)")
                .execute(arguments: [alert.source, alert.eventID.text, alert.receivedAt.milliseconds])
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

    /// Events that the broker has not acknowledged, oldest first.
    public func unpublished(limit: Int) throws -> [OutboxEvent] {
        try pool.read { db in
            try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT event_id, breach_id, topic, payload, created_at FROM outbox
                        WHERE published_at IS NULL ORDER BY seq LIMIT ?
                        """), arguments: [limit]
            ).compactMap { row in
                guard let id = UUIDText(row["event_id"]), let breach = UUIDText(row["breach_id"]) else { return nil }
                let payload: Data = row["payload"]
                return OutboxEvent(
                    eventID: id, breachID: breach, topic: row["topic"], payload: [UInt8](payload),
                    createdAt: Timestamp(milliseconds: row["created_at"]))
            }
        }
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
        try pool.read { db in
            try Int.fetchOne(db, sql: "SELECT count(*) FROM outbox WHERE published_at IS NULL") ?? 0
        }
    }

    /// How long a closed breach is known, and its history kept.
    public static let breachRetention = Duration.seconds(90 * 86_400)

    /// Forgets what nobody needs any more: history and closed breaches after 90 days (and with these the bar to open
    /// them again, which the freshness of alerts has long taken over), seen events after 30 days, published events of
    /// closed breaches after 7, refusals after 30 or beyond the latest 100,000, history beyond the latest 2,000,000.
    public func prune(now: Timestamp) throws {
        func before(days: Int) -> Int64 { (now - .seconds(days * 86_400)).milliseconds }
        let longAgo = (now - Self.breachRetention).milliseconds
        try commit { db in
            try db.execute(
                sql: "DELETE FROM breach WHERE is_closed AND updated_at < ?", arguments: [longAgo])
            try db.execute(sql: "DELETE FROM release WHERE breach_id NOT IN (SELECT id FROM breach)")
            try db.execute(sql: "DELETE FROM seen_event WHERE seen_at < ?", arguments: [before(days: 30)])
            try db.execute(
                sql: """
                    DELETE FROM outbox WHERE published_at < ?
                    AND breach_id NOT IN (SELECT id FROM breach WHERE NOT is_closed)
                    """, arguments: [before(days: 7)])
            try db.execute(
                sql: "DELETE FROM history WHERE at < ? OR seq <= (SELECT max(seq) FROM history) - 2000000",
                arguments: [longAgo])
            try db.execute(
                sql: "DELETE FROM refusal WHERE at < ? OR seq <= (SELECT max(seq) FROM refusal) - 100000",
                arguments: [before(days: 30)])
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
        for breach in batch.changes.breaches {
            try db.cachedStatement(
                sql: """
                    INSERT INTO breach (id, feed, is_closed, updated_at, body) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET feed = excluded.feed, is_closed = excluded.is_closed,
                    updated_at = excluded.updated_at, body = excluded.body
                    """
            ).execute(arguments: [
                breach.id.text, breach.feed, breach.isClosed, now.milliseconds, try encode(breach),
            ])
        }
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
        for release in batch.changes.releases {
            try db.cachedStatement(
                sql: "INSERT OR REPLACE INTO release (breach_id, resource, facet, outcome) VALUES (?, ?, ?, ?)"
            ).execute(arguments: [
                release.breach.text, release.control.resource, release.control.facet.rawValue,
                try encode(release.outcome),
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

    private static func breaches(_ db: Database) throws -> [Breach] {
        var releases: [String: [ControlKey: Outcome]] = [:]
        for row in try Row.fetchAll(db, sql: "SELECT breach_id, resource, facet, outcome FROM release") {
            guard let facet = ControlKey.Facet(rawValue: row["facet"]) else { continue }
            let key = ControlKey(resource: row["resource"], facet: facet)
            releases[row["breach_id"], default: [:]][key] = try decode(row["outcome"]) as Outcome
        }
        return try String.fetchAll(db, sql: "SELECT body FROM breach").map { body in
            var breach: Breach = try decode(body)
            breach.releaseOutcomes = releases[breach.id.text, default: [:]]
            return breach
        }
    }

    private static func write(_ report: [OutboxEvent], _ db: Database) throws {
        guard let first = report.first else { return }
        let last = try Int.fetchOne(
            db.cachedStatement(sql: "SELECT max(report) FROM outbox WHERE breach_id = ?"),
            arguments: [first.breachID.text])
        for event in report {
            try db.cachedStatement(
                sql: """
                    INSERT INTO outbox (event_id, breach_id, report, topic, payload, created_at)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """
            ).execute(
                arguments: [
                    event.eventID.text, event.breachID.text, (last ?? 0) + 1, event.topic, Data(event.payload),
                    event.createdAt.milliseconds,
                ])
        }
    }

    private static func encode(_ value: some Encodable) throws -> String {
        try JournalEncoder.encode(value)
    }

    private static func decode<Value: Decodable>(_ text: String) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    }

    static func reason(_ error: any Error) -> String {
        (error as? DatabaseError).map { $0.message ?? "\($0.resultCode)" } ?? "\(error)"
    }
}
