import BadDisk
import Foundation
import Journal
import PowerEvents
import Shedding
import Site
import Synchronization
import TestSupport
import Testing

/// A disk that is full or broken: every single write fails in its turn, once or from then on. What was committed stays,
/// what failed left nothing behind, and the same call succeeds when the disk is well again.
@Suite(.serialized)
struct BadDiskTests {
    /// What a journal holds, for comparisons.
    private struct Holding: Equatable {
        let breaches: [Breach]
        let controls: [ControlEntry]
        let inbox: [InboxAlert]
        let freezes: [Freeze]
        let unpublished: [OutboxEvent]
        let history: Int

        init(_ journal: JournalDatabase) throws {
            let contents = try journal.load()
            breaches = contents.breaches
            controls = contents.controls
            inbox = contents.inbox
            freezes = contents.freezes
            unpublished = try journal.unpublished(limit: 1000)
            history = try journal.history(HistoryQuery(limit: 1000)).count
        }
    }

    private let now = Timestamp(milliseconds: 1_800_000_000_000)

    private func id(_ number: Int) -> UUIDText {
        UUIDText(randomBytes: [UInt8](repeating: UInt8(number), count: 16))
    }

    /// A little of everything that the agent writes, the large and the small.
    private func operations() throws -> [(JournalDatabase) throws -> Void] {
        let address = try #require(BMC.Address("https://10.0.0.1"))
        let now = now
        var breach = Breach(
            id: id(1), origin: .init(source: "s", trace: nil, correlationID: nil), feed: "f", isCritical: true,
            openedAt: now, holdDown: .seconds(30))
        let alert = AcceptedAlert(
            eventID: id(2), source: "s", time: now, receivedAt: now, trace: nil, correlationID: nil,
            payload: String(repeating: "x", count: 10_000), breachID: id(1))
        var entries = (0..<8).map { number in
            ControlEntry(
                key: ControlKey(resource: "n\(number)", facet: .powerLimit), type: .node,
                bmc: BMC(address: address, credentials: "bmc", trust: .unverified), pins: .init())
        }
        var opened = JournalBatch()
        opened.changes.breaches = [breach]
        opened.changes.history = [HistoryEntry(.alert, "active", breach: id(1))]
        opened.handled = [1]
        for index in entries.indices { entries[index].intent = .limit(Watts(500)) }
        var intents = JournalBatch()
        intents.changes.controls = entries.map { ($0, nil) }
        for index in entries.indices { entries[index].held = .limit(Watts(500)) }
        var outcomes = JournalBatch()
        outcomes.changes.controls = entries.map { ($0, .applied()) }
        outcomes.reports = [
            (3...5).map { number in
                OutboxEvent(
                    eventID: id(number), breachID: id(1), topic: "t",
                    payload: [UInt8](repeating: UInt8(number), count: 9_000), createdAt: now)
            }
        ]
        breach.phase = .closed(at: now)
        var closed = JournalBatch()
        closed.changes.breaches = [breach]
        closed.changes.freezes = [Freeze()]
        closed.changes.removedControls = entries.map(\.key)
        closed.changes.releases = entries.map { (breach.id, $0.key, .applied()) }
        return [
            { _ = try $0.receive(alert) },
            { [opened] in try $0.write([opened], now: now) },
            { [intents] in try $0.write([intents], now: now) },
            { [outcomes] in try $0.write([outcomes], now: now) },
            { [id = id(3)] in try $0.markPublished([id], now: now) },
            { [closed] in try $0.write([closed], now: now) },
            { try $0.prune(now: now) },
        ]
    }

    /// What a journal holds after each of the operations, on a disk that is well.
    private func expected() throws -> [Holding] {
        let journal = try JournalDatabase()
        return try [Holding(journal)]
            + operations().map { operation in
                try operation(journal)
                return try Holding(journal)
            }
    }

    @Test(arguments: [ENOSPC, EIO], [false, true])
    func everyWriteInTurnFails(error: Int32, forever: Bool) throws {
        let expected = try expected()
        var failures = 0
        for nth in 1...500 {
            let folder = try TemporaryFolder()
            let journal = try JournalDatabase(path: folder.path("j.sqlite"))
            bad_disk_arm(folder.url.path, nth, forever ? 1 : 0, error)
            for (index, operation) in try operations().enumerated() {
                do { try operation(journal) } catch {
                    #expect(try Holding(journal) == expected[index], "write \(nth): something was left behind")
                    failures += Int(bad_disk_disarm())
                    try operation(journal)
                }
                #expect(try Holding(journal) == expected[index + 1], "write \(nth), operation \(index)")
            }
            failures += Int(bad_disk_disarm())
            let wasReached = failures > 0
            try journal.close()
            let again = try JournalDatabase(path: folder.path("j.sqlite"))
            #expect(try Holding(again) == expected.last, "write \(nth), after the reopening")
            try again.close()
            if !wasReached { break }
            failures = 0
            #expect(nth < 500, "the operations have an end")
        }
    }

    @Test func aDiskThatIsFullAtTheStartIsNamed() throws {
        let folder = try TemporaryFolder()
        bad_disk_arm(folder.url.path, 1, 1, ENOSPC)
        let error = try #require(throws: JournalError.self) { try JournalDatabase(path: folder.path("j.sqlite")) }
        #expect(bad_disk_disarm() > 0)
        #expect(error.description.hasPrefix(folder.path("j.sqlite")))
        #expect(error.description.contains("full"))
        try JournalDatabase(path: folder.path("j.sqlite")).close()
    }

    /// A log that has everything, and a disk that refuses what comes after it, once.
    private final class LogBeforeDisk: ChangeLog {
        private let folder: String
        private let count = Mutex(0)

        init(_ folder: String) { self.folder = folder }

        var entries: Int { count.withLock { $0 } }
        var isOpen: Bool { true }
        func giveUp() {}
        func append(_ changes: [UInt8]) throws -> JournalPosition {
            let number = count.withLock { count in
                count += 1
                return count
            }
            bad_disk_arm(folder, 1, 0, EIO)
            return JournalPosition(log: "l", number: Int64(number), chain: [UInt8](repeating: 1, count: 32))
        }
    }

    /// What the log of several agents has has happened: it comes into the file once the disk takes it, and is no failure.
    @Test func whatTheLogHasComesIntoTheFile() throws {
        let folder = try TemporaryFolder()
        let journal = try JournalDatabase(path: folder.path("j.sqlite"))
        let log = LogBeforeDisk(folder.url.path)
        journal.lead(log)
        var batch = JournalBatch()
        batch.changes.freezes = [Freeze(since: now, user: "root", reason: "a leak")]
        try journal.write([batch], now: now)
        #expect(bad_disk_disarm() == 1)
        #expect(log.entries == 1 && journal.failure == nil)
        #expect(try journal.load().freezes.map(\.reason) == ["a leak"])
        #expect(try journal.position?.number == 1)
    }
}
