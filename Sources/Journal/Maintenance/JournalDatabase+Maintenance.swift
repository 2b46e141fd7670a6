import GRDB
public import PowerEvents

extension JournalDatabase {
    /// Forgets what nobody needs any more: history and closed breaches after 90 days (and with these the bar to open
    /// them again, which the freshness of alerts has long taken over), seen payloads after 30 days or beyond
    /// ``Retention/payloadsPerSource``, published events of closed breaches after 7, refusals after 30 or beyond
    /// ``Retention/refusalsPerReason``, history beyond the latest 2,000,000.
    public func prune(now: Timestamp) throws {
        func before(days: Int) -> Int64 { (now - .seconds(days * 86_400)).milliseconds }
        let longAgo = (now - Retention.breaches).milliseconds
        try commit { db in
            try db.execute(
                sql: "DELETE FROM breach WHERE is_closed AND updated_at < ?", arguments: [longAgo])
            try db.execute(sql: "DELETE FROM seen_payload WHERE seen_at < ?", arguments: [before(days: 30)])
            try db.execute(
                sql: """
                    DELETE FROM seen_payload WHERE (source, digest) IN (SELECT source, digest FROM
                    (SELECT source, digest, row_number() OVER (PARTITION BY source ORDER BY seen_at DESC) AS place
                    FROM seen_payload) WHERE place > ?)
                    """, arguments: [Retention.payloadsPerSource])
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
            try db.execute(
                sql: "DELETE FROM power_reading WHERE at < ? OR seq <= (SELECT max(seq) FROM power_reading) - 5000000",
                arguments: [longAgo])
            try db.execute(sql: "DELETE FROM refusal WHERE at < ?", arguments: [before(days: 30)])
            // What claims to come from a source and is not proven to takes no room from that source.
            try db.execute(
                sql: """
                    DELETE FROM refusal WHERE seq IN (SELECT seq FROM
                    (SELECT seq, row_number() OVER (PARTITION BY reason, CASE WHEN reason IN
                    (\(Retention.provenReasons.map { "'\($0)'" }.joined(separator: ", "))) THEN source END
                    ORDER BY seq DESC) AS place FROM refusal) WHERE place > ?)
                    """, arguments: [Retention.refusalsPerReason])
            try db.execute(
                sql: "INSERT OR REPLACE INTO heartbeat (id, at) VALUES (1, ?)", arguments: [now.milliseconds])
        }
    }

    /// Brings what is in the write-ahead log into the file. Nothing depends on it; it is for when there is time.
    public func checkpoint() throws {
        _ = try using { pool in try pool.writeWithoutTransaction { db in try db.checkpoint(.passive) } }
    }
}
