import Foundation
import GRDB
import PowerEvents
import Shedding
import Synchronization
import TestSupport
import Testing

@testable import Journal

/// Two files that hold the same, by what one of them was told to change.
struct ReplicatedJournalTests {
    /// A log in memory, which does as it is told.
    private final class MemoryLog: ChangeLog {
        struct Refused: Error {}
        struct State {
            var steps: [JournalStep] = []
            var refuses = false
            var isGivenUp = false
        }
        let state = Mutex(State())

        var isOpen: Bool { state.withLock { !$0.isGivenUp } }
        func giveUp() { state.withLock { $0.isGivenUp = true } }
        func append(_ changes: [UInt8]) throws -> JournalPosition {
            try state.withLock { state in
                if state.refuses { throw Refused() }
                let position = JournalPosition(
                    log: "l", number: Int64(state.steps.count + 1), chain: [UInt8](repeating: 7, count: 32))
                state.steps.append(JournalStep(changes: changes, position: position))
                return position
            }
        }
        var steps: [JournalStep] { state.withLock { $0.steps } }
    }

    private let folder: TemporaryFolder
    private let log = MemoryLog()
    private let time = Timestamp(milliseconds: 1_800_000_000_000)

    init() throws { folder = try TemporaryFolder() }

    private func batch(_ reason: String) throws -> JournalBatch {
        var batch = JournalBatch()
        batch.changes.controls = [(try #require(RecordSamples.control()), nil)]
        batch.changes.freezes = [Freeze(since: time, user: "root", reason: reason)]
        batch.changes.history = [HistoryEntry(.command, "freeze", message: reason)]
        batch.refusals = [
            RefusalRecord(at: time, reason: "stale", detail: reason, topic: "t", source: nil, eventID: nil, digest: "d")
        ]
        return batch
    }

    /// All rows of all tables.
    private func dump(_ journal: JournalDatabase) throws -> [String] {
        try journal.read { db in
            let tables = try String.fetchAll(
                db, sql: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'grdb_%' ORDER BY name")
            return try tables.flatMap { table in
                try Row.fetchAll(db, sql: "SELECT * FROM \"\(table)\"").map { "\(table) \($0)" }
            }
        }
    }

    @Test func aFollowersFileBecomesTheSame() throws {
        let leader = try JournalDatabase(path: folder.path("a.sqlite"))
        let follower = try JournalDatabase(path: folder.path("b.sqlite"))
        leader.lead(log)
        follower.follow()
        for reason in ["one", "two", "three"] { try leader.write([batch(reason)], now: time) }
        try leader.prune(now: time + .seconds(86_400 * 40))
        try leader.write([batch("four")], now: time)
        #expect(log.steps.count == 5)
        try follower.apply(log.steps)
        #expect(try dump(follower) == dump(leader))
        #expect(try follower.load().freezes == leader.load().freezes)
        #expect(try follower.position?.number == 5)
        // What continues there continues here: numbers of rows, too.
        let successor = MemoryLog()
        follower.lead(successor)
        try follower.write([batch("five")], now: time)
        try leader.apply(successor.steps)
        #expect(try dump(follower) == dump(leader))
    }

    @Test func whatTheLogRefusesDidNotHappen() throws {
        let leader = try JournalDatabase(path: folder.path("a.sqlite"))
        leader.lead(log)
        try leader.write([batch("one")], now: time)
        let before = try dump(leader)
        log.state.withLock { $0.refuses = true }
        #expect(throws: JournalError.self) { try leader.write([batch("two")], now: time) }
        #expect(try dump(leader) == before)
        #expect(leader.failure != nil)
        log.state.withLock { $0.refuses = false }
        try leader.write([batch("two")], now: time)
        #expect(leader.failure == nil && log.steps.count == 2)
    }

    @Test func whatChangesNothingIsNoEntry() throws {
        let leader = try JournalDatabase(path: folder.path("a.sqlite"))
        leader.lead(log)
        try leader.setAside(RecordSamples.id(9), reason: "there is none")
        #expect(log.steps.isEmpty)
    }

    @Test func aFollowerWritesNothingOfItsOwn() throws {
        let follower = try JournalDatabase(path: folder.path("b.sqlite"))
        follower.follow()
        let error = try #require(throws: JournalError.self) { try follower.write([batch("one")], now: time) }
        #expect("\(error)".contains("follows another"))
    }

    @Test func aClosedJournalIsNotWrittenByWhoeverStillHasIt() throws {
        let leader = try JournalDatabase(path: folder.path("a.sqlite"))
        leader.lead(log)
        try leader.close()
        leader.lead(log)
        #expect(throws: JournalError.self) { try leader.write([batch("late")], now: time) }
        #expect(log.steps.isEmpty)
    }

    @Test func aRowThatIsNotThereEndsIt() throws {
        let leader = try JournalDatabase(path: folder.path("a.sqlite"))
        let follower = try JournalDatabase(path: folder.path("b.sqlite"))
        leader.lead(log)
        follower.follow()
        try leader.write([batch("one")], now: time)
        try leader.write([batch("two")], now: time)
        let error = try #require(throws: JournalDivergence.self) { try follower.apply([log.steps[1]]) }
        #expect("\(error)".contains("not as the log expects it"))
        #expect(try follower.position == nil && follower.load().controls.isEmpty)
    }

    @Test func writingWithoutTheLogLeavesIt() throws {
        let path = folder.path("a.sqlite")
        let leader = try JournalDatabase(path: path)
        leader.lead(log)
        try leader.write([batch("one")], now: time)
        #expect(try leader.position != nil)
        try leader.close()
        // Looking changes nothing.
        let alone = try JournalDatabase(path: path)
        _ = try alone.load()
        #expect(try alone.position != nil)
        try alone.write([batch("two")], now: time)
        #expect(try alone.position == nil)
    }

    @Test func blankMeansThatNothingWasKept() throws {
        let journal = try JournalDatabase(path: folder.path("a.sqlite"))
        #expect(try journal.isBlank)
        try journal.prune(now: time)
        #expect(try journal.isBlank)
        try journal.write([batch("one")], now: time)
        #expect(try !journal.isBlank)
    }
}
