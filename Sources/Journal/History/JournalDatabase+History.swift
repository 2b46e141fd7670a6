import GRDB
public import PowerEvents
public import Shedding
import StrictJSON

/// What people ask the journal.
extension JournalDatabase {
    /// The latest lines that a query asks for, oldest first.
    public func history(_ query: HistoryQuery) throws -> [HistoryLine] {
        // Each absent bound is a line of SQL that is not there, so that an index serves the others.
        var conditions: [String] = []
        var arguments: [any DatabaseValueConvertible] = []
        func add(_ condition: String, _ value: (any DatabaseValueConvertible)?) {
            guard let value else { return }
            conditions.append(condition)
            arguments.append(value)
        }
        add("breach_id = ?", query.breach?.text)
        add("resource IN (SELECT value FROM json_each(?))", query.resources.map(Self.list))
        add("at >= ?", query.since?.milliseconds)
        add("at <= ?", query.until?.milliseconds)
        add("seq > ?", query.after)
        arguments.append(query.limit)
        let order = query.after == nil ? "DESC" : "ASC"
        let filter = conditions.isEmpty ? "" : "WHERE \(conditions.joined(separator: " AND "))"
        let sql = "SELECT * FROM history \(filter) ORDER BY seq \(order) LIMIT ?"
        let lines = try read { db in
            try JournalRow.all(db, "history", by: "seq", sql: sql, arguments: StatementArguments(arguments))
                .compactMap(Self.line)
        }
        return query.after == nil ? lines.reversed() : lines
    }

    /// For SQL's `json_each`.
    private static func list(_ names: Set<String>) -> String {
        JSONValue.array(names.sorted().map(JSONValue.string)).text
    }

    /// The latest messages that were not obeyed, oldest first.
    public func refusals(limit: Int) throws -> [RefusalRecord] {
        try read { db in
            try JournalRow.all(
                db, "refusal", by: "seq", sql: "SELECT * FROM refusal ORDER BY seq DESC LIMIT ?", arguments: [limit]
            ).reversed().map { row in
                RefusalRecord(
                    at: Timestamp(milliseconds: try row["at"]), reason: try row["reason"], detail: try row["detail"],
                    topic: try row["topic"], source: try row.optional("source"),
                    eventID: try row.optional("event_id"), digest: try row["digest"])
            }
        }
    }

    /// Breaches that history knows, by the first characters of their ids.
    public func breaches(startingWith prefix: String, limit: Int) throws -> [UUIDText] {
        let prefix = prefix.lowercased()
        guard prefix.utf8.allSatisfy({ Self.identifierBytes.contains($0) }) else { return [] }
        // A range, which the index serves; "g" comes after every hexadecimal digit.
        return try read { db in
            try String.fetchAll(
                db,
                sql: "SELECT DISTINCT breach_id FROM history WHERE breach_id >= ?1 AND breach_id < ?1 || 'g' LIMIT ?2",
                arguments: [prefix, limit]
            ).compactMap { UUIDText($0) }
        }
    }

    /// What meters showed of what a breach bears on, oldest first.
    public func readings(of breach: UUIDText) throws -> [PowerReading] {
        try read { db in
            try JournalRow.all(
                db, "power_reading", by: "seq",
                sql: "SELECT * FROM power_reading WHERE breach_id = ? ORDER BY at, seq", arguments: [breach.text]
            ).map { row in
                PowerReading(
                    breach: breach, resource: try row["resource"], watts: Watts(microwatts: try row["microwatts"]),
                    at: Timestamp(milliseconds: try row["at"]), isPart: try row["is_part"],
                    isBaseline: try row["is_baseline"])
            }
        }
    }

    /// How each control of these breaches last ended, in the words that were written.
    func outcomes(of breaches: Set<UUIDText>) throws -> [ControlKey: Outcome] {
        let lines = try read { db in
            try JournalRow.all(
                db, "history", by: "seq",
                sql: """
                    SELECT * FROM history WHERE seq IN (
                    SELECT max(seq) FROM history WHERE kind = 'outcome' AND breach_id IN (SELECT value FROM json_each(?))
                    GROUP BY resource, facet)
                    """,
                arguments: [Self.list(Set(breaches.map(\.text)))]
            ).compactMap(Self.line)
        }
        var outcomes: [ControlKey: Outcome] = [:]
        for entry in lines.map(\.entry) {
            guard let key = entry.control else { continue }
            // `reverted` is no code of the bus.
            let code = EnforcementResult.Code(rawValue: entry.code) ?? .applied
            outcomes[key] = Outcome(Outcome.Ending(code, words: entry.message))
        }
        return outcomes
    }

    /// What an operator did between two times.
    public func commands(from first: Timestamp, to last: Timestamp) throws -> [HistoryLine] {
        try read { db in
            try JournalRow.all(
                db, "history", by: "seq",
                sql:
                    "SELECT * FROM history WHERE kind = 'command' AND breach_id IS NULL AND at BETWEEN ? AND ? ORDER BY seq",
                arguments: [first.milliseconds, last.milliseconds]
            ).compactMap(Self.line)
        }
    }

    private static let identifierBytes = Set("0123456789abcdef-".utf8)

    static func write(_ entry: HistoryEntry, by author: CommandAuthor?, _ db: Database, now: Timestamp) throws {
        let author = entry.kind == .command ? author : nil
        try db.cachedStatement(
            sql: """
                INSERT INTO history (at, kind, code, breach_id, resource, facet, value, prior, message, user,
                reason, written_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            now.milliseconds, entry.kind.rawValue, entry.code, entry.breach?.text, entry.control?.resource,
            entry.control?.facet.rawValue, entry.value, entry.prior, entry.message,
            author?.user, author?.reason, entry.writtenAt?.milliseconds,
        ])
    }

    private static func line(_ row: JournalRow) throws -> HistoryLine? {
        guard let kind = HistoryEntry.Kind(rawValue: try row["kind"]) else { return nil }
        let facet = try row.optional("facet").flatMap(ControlKey.Facet.init(rawValue:))
        let resource: String? = try row.optional("resource")
        var control: ControlKey?
        if let resource, let facet { control = ControlKey(resource: resource, facet: facet) }
        let (user, reason): (String?, String?) = (try row.optional("user"), try row.optional("reason"))
        return HistoryLine(
            sequence: try row["seq"], at: Timestamp(milliseconds: try row["at"]),
            entry: HistoryEntry(
                kind, try row["code"], breach: try row.optional("breach_id").flatMap { UUIDText($0) }, control: control,
                value: try row.optional("value"), prior: try row.optional("prior"),
                message: try row.optional("message"),
                writtenAt: try row.optional("written_at").map(Timestamp.init(milliseconds:))),
            author: kind == .command && (user ?? reason) != nil ? CommandAuthor(user: user, reason: reason) : nil)
    }
}
