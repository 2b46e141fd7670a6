import Foundation
import GRDB
import PowerEvents
import Shedding

/// Breaches: whole where their plans have changed, and otherwise as little as has.
extension JournalDatabase {
    static func writeBreaches(_ changes: Changes, _ db: Database, now: Timestamp) throws {
        for breach in changes.breaches {
            try db.cachedStatement(
                sql: """
                    INSERT INTO breach (id, is_closed, updated_at, body) VALUES (?, ?, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET is_closed = excluded.is_closed,
                    updated_at = excluded.updated_at, body = excluded.body, state = NULL
                    """
            ).execute(arguments: [breach.id.text, breach.isClosed, now.milliseconds, RecordCoder.encode(breach)])
            for table in ["plan_change", "let_go"] { try clear(table, of: breach.id, db) }
        }
        for breach in changes.states {
            try db.cachedStatement(sql: "UPDATE breach SET updated_at = ?, state = ? WHERE id = ?")
                .execute(arguments: [now.milliseconds, RecordCoder.encode(breach), breach.id.text])
        }
        for change in changes.plans {
            try db.cachedStatement(
                sql: "INSERT OR REPLACE INTO plan_change (breach_id, position, body) VALUES (?, ?, ?)"
            ).execute(arguments: [change.breach.text, change.position, RecordCoder.encode(change.plan)])
        }
        for change in changes.letGo {
            try db.cachedStatement(sql: "INSERT OR IGNORE INTO let_go (breach_id, resource, facet) VALUES (?, ?, ?)")
                .execute(arguments: [change.breach.text, change.control.resource, change.control.facet.rawValue])
        }
        for release in changes.releases {
            try db.cachedStatement(
                sql: "INSERT OR REPLACE INTO release (breach_id, resource, facet, outcome) VALUES (?, ?, ?, ?)"
            ).execute(arguments: [
                release.breach.text, release.control.resource, release.control.facet.rawValue,
                RecordCoder.encode(release.outcome),
            ])
        }
        for breach in changes.breaches where breach.isClosed { try clear("release", of: breach.id, db) }
        for id in changes.removedBreaches {
            for table in ["plan_change", "let_go", "release"] { try clear(table, of: id, db) }
            try db.cachedStatement(sql: "DELETE FROM breach WHERE id = ?").execute(arguments: [id.text])
            try db.cachedStatement(sql: "DELETE FROM outbox WHERE breach_id = ? AND published_at IS NOT NULL")
                .execute(arguments: [id.text])
        }
    }

    private static func clear(_ table: String, of breach: UUIDText, _ db: Database) throws {
        try db.cachedStatement(sql: "DELETE FROM \(table) WHERE breach_id = ?").execute(arguments: [breach.text])
    }

    /// All breaches; of those that are over there is little to read.
    static func breaches(_ db: Database) throws -> [Breach] {
        var releases: [String: [ControlKey: Outcome]] = [:]
        for row in try JournalRow.all(
            db, "release", by: "breach_id", "resource", sql: "SELECT breach_id, resource, facet, outcome FROM release")
        {
            guard let key = try controlKey(row) else { continue }
            let breach: String = try row["breach_id"]
            releases[breach, default: [:]][key] = try RecordCoder.decode(try row["outcome"], row: "\(key) of \(breach)")
        }
        var letGo: [String: [ControlKey]] = [:]
        for row in try JournalRow.all(
            db, "let_go", by: "breach_id", "resource", sql: "SELECT breach_id, resource, facet FROM let_go")
        {
            if let key = try controlKey(row) { letGo[try row["breach_id"], default: []].append(key) }
        }
        var plans: [String: [(position: Int, plan: PlannedHint)]] = [:]
        for row in try JournalRow.all(
            db, "plan_change", by: "breach_id", "position", sql: "SELECT breach_id, position, body FROM plan_change")
        {
            let (breach, position): (String, Int) = (try row["breach_id"], try row["position"])
            plans[breach, default: []].append(
                (position, try RecordCoder.decode(try row["body"], row: "\(position) of \(breach)")))
        }
        var baselines: [String: [String: Watts]] = [:]
        for row in try JournalRow.all(
            db, "power_reading", by: "breach_id", "resource",
            sql: """
                SELECT breach_id, resource, microwatts, min(seq) FROM power_reading
                WHERE is_baseline AND breach_id IN (SELECT id FROM breach WHERE NOT is_closed)
                GROUP BY breach_id, resource
                """)
        {
            let watts = Watts(microwatts: try row["microwatts"])
            baselines[try row["breach_id"], default: [:]][try row["resource"]] = watts
        }
        return try JournalRow.all(db, "breach", by: "id", sql: "SELECT id, body, state FROM breach").map { row in
            let name: String = try row["id"]
            var breach: Breach = try RecordCoder.decode(try row["body"], row: name)
            if let state: String = try row.optional("state") {
                breach = try RecordCoder.decode(state, row: name, as: Breach.self).adding(plansOf: breach)
            }
            let id = breach.id.text
            for change in plans[id, default: []].sorted(by: { $0.position < $1.position }) {
                if breach.plans.indices.contains(change.position) {
                    breach.plans[change.position] = change.plan
                } else if change.position == breach.plans.count {
                    breach.plans.append(change.plan)
                }
            }
            breach.released.formUnion(letGo[id, default: []])
            breach.releaseOutcomes = releases[id, default: [:]]
            breach.baselines = baselines[id, default: [:]]
            return breach
        }
    }

    private static func controlKey(_ row: JournalRow) throws -> ControlKey? {
        try ControlKey.Facet(rawValue: try row["facet"]).map { ControlKey(resource: try row["resource"], facet: $0) }
    }

    /// When anything was last written by an agent.
    static func lastRecordAt(_ db: Database) throws -> Timestamp? {
        try Int64.fetchOne(
            db,
            sql: """
                SELECT max(at) FROM (SELECT max(at) AS at FROM history UNION ALL SELECT max(updated_at) FROM breach
                UNION ALL SELECT max(created_at) FROM outbox UNION ALL SELECT max(published_at) FROM outbox
                UNION ALL SELECT max(at) FROM refusal UNION ALL SELECT max(seen_at) FROM seen_payload
                UNION ALL SELECT max(at) FROM heartbeat)
                """
        ).map(Timestamp.init(milliseconds:))
    }
}
