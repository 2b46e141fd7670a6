import Foundation
import GRDB
import PowerEvents
import Shedding
import Site
import StrictJSON
import TestSupport
import Testing

@testable import Journal

/// A file is a stranger: whatever its cells hold, it is read or refused in words.
struct MisfitCellTests {
    private typealias Samples = RecordSamples

    private let folder: TemporaryFolder
    private let now = Samples.time

    init() throws { folder = try TemporaryFolder() }

    /// A journal with a row in each table that is read.
    private func journal() throws -> String {
        let path = folder.path("j.sqlite")
        let journal = try JournalDatabase(path: path)
        var breach = Samples.breach()
        var batch = JournalBatch()
        batch.changes.breaches = [breach]
        if let control = Samples.control() { batch.changes.controls = [(control, nil)] }
        batch.changes.freezes = [Samples.freeze()]
        batch.changes.history = [
            HistoryEntry(.outcome, "applied", breach: breach.id, control: Samples.key, writtenAt: now),
            HistoryEntry(.command, "freeze"),
        ]
        batch.changes.readings = [
            PowerReading(breach: breach.id, resource: "n", watts: Watts(5), at: now, isPart: false, isBaseline: true)
        ]
        batch.reports = [[event(8, breach)]]
        batch.refusals = [
            RefusalRecord(at: now, reason: "stale", detail: "d", topic: "t", source: "s", eventID: "e", digest: "x")
        ]
        batch.unsigned = [Samples.report]
        batch.bmcs = [
            .opened(BMCSession(bmc: try #require(BMC.Address("https://10.0.0.1")), location: "/s/1")),
            .learned(try #require(BMC.Address("https://10.0.0.1")), Samples.knowledge),
        ]
        try journal.write([batch], now: now)
        breach.reported = 7
        batch = JournalBatch()
        batch.changes.states = [breach.withoutPlans]
        batch.changes.plans = [(breach.id, 0, Samples.plan)]
        batch.changes.letGo = [(breach.id, Samples.key)]
        batch.changes.releases = [(breach.id, Samples.key, .applied())]
        try journal.write([batch], now: now)
        _ = try journal.receive(Samples.alert)
        try journal.setPosition(JournalPosition(log: "l", number: 3, chain: [1, 2]))
        try journal.close()
        return path
    }

    private func event(_ number: UInt8, _ breach: Breach) -> OutboxEvent {
        OutboxEvent(
            eventID: Samples.id(number), breachID: breach.id, topic: "t", payload: [1], createdAt: now, action: .applied
        )
    }

    private func change(_ path: String, _ sql: String) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }

    /// Asks a journal for all that it is ever asked for. - Returns: what it said of what it could not tell
    private func errors(_ path: String) throws -> [String] {
        let journal = try JournalDatabase(reading: path)
        let breach = Samples.breach().id
        let questions: [() throws -> Void] = [
            { _ = try journal.load() }, { _ = try journal.position },
            { _ = try journal.history(HistoryQuery()) }, { _ = try journal.refusals(limit: 9) },
            { _ = try journal.unpublished(limit: 9) }, { _ = try journal.outboxDepth() },
            { _ = try journal.readings(of: breach) }, { _ = try journal.outcomes(of: [breach]) },
            { _ = try journal.commands(from: now, to: now) },
            { _ = try journal.breaches(startingWith: "0", limit: 9) },
        ]
        return questions.compactMap { question in
            do {
                try question()
                return nil
            } catch {
                if !(error is JournalError) { Issue.record("\(error) is no error of the journal") }
                return "\(error)"
            }
        }
    }

    @Test func whateverACellHoldsTheJournalIsReadOrRefused() throws {
        let whole = try journal()
        #expect(try errors(whole).isEmpty)
        let queue = try DatabaseQueue(path: whole)
        let columns = try queue.read { db in
            try String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'table'")
                .filter { !$0.hasPrefix("sqlite_") && !$0.hasPrefix("grdb_") }
                .flatMap { table in try db.columns(in: table).map { (table: table, column: $0.name) } }
        }
        try queue.close()
        let copy = folder.path("copy.sqlite")
        for (table, column) in columns {
            for cell in ["x''", "''", "'x'", "x'FF'", "1e300", "9223372036854775807"] {
                try? FileManager.default.removeItem(atPath: copy)
                try FileManager.default.copyItem(atPath: whole, toPath: copy)
                // What SQLite does not keep in a column, it need not be asked for.
                guard (try? change(copy, "UPDATE \"\(table)\" SET \"\(column)\" = \(cell)")) != nil else { continue }
                _ = try errors(copy)
            }
        }
    }

    @Test(arguments: [
        ("plan_change", "position"), ("power_reading", "microwatts"), ("replication", "number"),
        ("replication", "has_ended"), ("outbox", "created_at"), ("history", "written_at"), ("refusal", "at"),
    ])
    func anErrorNamesTableAndColumn(table: String, column: String) throws {
        let path = try journal()
        try change(path, "UPDATE \(table) SET \(column) = x''")
        let error = try #require(try errors(path).first)
        #expect(error.contains(table) && error.contains(column) && error.contains("a blob of 0 bytes"), "\(error)")
    }

    /// The next report is one more than the last.
    @Test func theLargestNumberOfAReportIsAnError() throws {
        let path = try journal()
        try change(path, "UPDATE outbox SET report = 9223372036854775807")
        let journal = try JournalDatabase(path: path)
        var batch = JournalBatch()
        batch.reports = [[event(9, Samples.breach())]]
        #expect(throws: JournalError.self) { try journal.write([batch], now: now) }
        try journal.close()
    }

    @Test func aNumberThatNoLogComesToIsAnError() throws {
        let path = try journal()
        try change(path, "UPDATE replication SET number = 9223372036854775807")
        #expect(throws: JournalError.self) { try JournalDatabase(reading: path).position }
    }

    /// Twice of it is computed.
    @Test func durationsHaveBounds() throws {
        for halves in [#"[9223372036854775807,0]"#, #"[-9223372036854775808,0]"#] {
            let source = RecordSource(json: try JSONValue(parsing: Array(halves.utf8)), version: 0)
            let duration = try Duration(reading: source)
            #expect((duration * 1000 / .seconds(1)).isFinite)
        }
    }
}
