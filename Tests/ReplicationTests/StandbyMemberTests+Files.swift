import Foundation
import Journal
import PowerEvents
import Shedding
import Synchronization
import TestSupport
import Testing

@testable import Replication

/// Files of members that are behind the log, beside it, or of another version.
extension StandbyMemberTests {
    @Test func whoComesLateLoadsTheSnapshot() async throws {
        let stage = try await StandbyStage(1)
        let short: (inout ReplicationSettings) -> Void = {
            $0.bounds.entriesPerSnapshot = 20
            $0.bounds.tail = 5
        }
        let first = try stage.member("a", short)
        let term = try await first.lead()
        let early = try stage.member("b", short)
        let following = Task { try await early.lead() }
        for number in 1...10 { try await write(term, "\(number)") }
        #expect(try await awaitEntry(early, first.status.applied))
        following.cancel()
        _ = await following.result
        await early.shutDown()
        for number in 11...60 { try await write(term, "\(number)") }
        // The log is short again, and the snapshot before the last one is gone.
        let keys = stage.keys
        let etcd = EtcdClient([try EtcdEndpoint(checking: stage.cluster.endpoints[0])], tls: nil, login: nil)
        #expect(
            try await eventually {
                let page = try await etcd.range(keys.entries, limit: 100, keysOnly: true, within: .seconds(5))
                return page.pairs.count < 40 && page.pairs.first.flatMap { keys.number($0.key) } ?? 0 > 10
            })
        for number in 61...65 { try await write(term, "\(number)") }
        let expected = (1...65).map(String.init)
        // One that was away for too long, and one that was never there.
        for name in ["b", "c"] {
            let late = Leading(try stage.member(name, short))
            late.start()
            #expect(try await awaitEntry(late.member, first.status.applied), "\(name)")
            #expect(try StandbyStage.messages(late.member.journal) == expected)
            await late.stop()
        }
        let kept = try FileManager.default.contentsOfDirectory(atPath: stage.folder.url.path)
        #expect(!kept.contains { $0.contains("diverged") } && kept.contains("b.sqlite.former"))
        etcd.shutDown()
        await first.end(term, yielding: false)
        await first.shutDown()
        await stage.cluster.stop()
    }

    @Test func aFileThatDivergedIsSetAside() async throws {
        let stage = try await StandbyStage(1)
        let first = try stage.member("a")
        let term = try await first.lead()
        try await write(term, "one")
        let second = Leading(try stage.member("b"))
        second.start()
        #expect(try await awaitEntry(second.member, first.status.applied))
        await second.stop()
        // Somebody ran it without the others.
        let alone = try JournalDatabase(path: stage.path("b"))
        try alone.write([StandbyStage.batch("of its own")], now: StandbyStage.now)
        try alone.close()
        try await write(term, "two")
        let again = Leading(try stage.member("b"))
        again.start()
        #expect(try await awaitEntry(again.member, first.status.applied))
        #expect(try StandbyStage.messages(again.member.journal) == ["one", "two"])
        let aside = try FileManager.default.contentsOfDirectory(atPath: stage.folder.url.path).filter {
            $0.hasPrefix("b.sqlite.diverged-") && !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm")
        }
        #expect(aside.count == 1)
        let kept = try JournalDatabase(reading: stage.folder.path(try #require(aside.first)))
        #expect(try StandbyStage.messages(kept) == ["one", "of its own"])
        await again.stop()
        // Another log's file: the same number, another chain.
        let other = try JournalDatabase(path: stage.path("b"))
        var position = try #require(try other.position)
        position.chain = LogEntry.firstChain
        try other.setPosition(position)
        try other.close()
        let third = Leading(try stage.member("b"))
        third.start()
        #expect(
            try await eventually {
                (try? third.member.journal.position).map { $0.chain != LogEntry.firstChain } ?? false
            })
        await third.stop()
        await first.end(term, yielding: false)
        await first.shutDown()
        await stage.cluster.stop()
    }

    /// The chain says that the file is the log's, and a row says that it is not.
    @Test func aRowThatIsNotTheLogsIsFoundOut() async throws {
        let stage = try await StandbyStage(1)
        let first = try stage.member("a")
        let term = try await first.lead()
        try await write(term, "one")
        let second = Leading(try stage.member("b"))
        second.start()
        #expect(try await awaitEntry(second.member, first.status.applied))
        await second.stop()
        // A row in the place of the next one.
        let scratch = try JournalDatabase(path: stage.path("scratch"))
        let changes = LastChanges()
        scratch.lead(changes)
        for message in ["x", "y"] { try scratch.write([StandbyStage.batch(message)], now: StandbyStage.now) }
        let damaged = try JournalDatabase(path: stage.path("b"))
        let position = try #require(try damaged.position)
        try damaged.apply([JournalStep(changes: changes.last, position: position)])
        try damaged.close()
        let again = Leading(try stage.member("b"))
        again.start()
        try await write(term, "two")
        #expect(try await awaitEntry(again.member, first.status.applied))
        #expect(try StandbyStage.messages(again.member.journal) == ["one", "two"])
        let files = try FileManager.default.contentsOfDirectory(atPath: stage.folder.url.path)
        #expect(files.contains { $0.hasPrefix("b.sqlite.diverged-") })
        await again.stop()
        await first.end(term, yielding: false)
        await first.shutDown()
        await stage.cluster.stop()
    }

    private final class LastChanges: ChangeLog {
        private let changes = Mutex<[UInt8]>([])

        var last: [UInt8] { changes.withLock { $0 } }
        var isOpen: Bool { true }
        func giveUp() {}
        func append(_ changes: [UInt8]) throws -> JournalPosition {
            self.changes.withLock { $0 = changes }
            return JournalPosition(log: "x", number: 1, chain: LogEntry.firstChain)
        }
    }

    @Test func aFileFromBeforeBeginsTheLog() async throws {
        let stage = try await StandbyStage(1)
        let before = try JournalDatabase(path: stage.path("a"))
        try before.write([StandbyStage.batch("long ago")], now: StandbyStage.now)
        try before.close()
        let first = try stage.member("a")
        let term = try await first.lead()
        try await write(term, "now")
        let second = Leading(try stage.member("b"))
        second.start()
        #expect(try await awaitEntry(second.member, first.status.applied))
        #expect(try StandbyStage.messages(second.member.journal) == ["long ago", "now"])
        await second.stop()
        await first.end(term, yielding: false)
        await first.shutDown()
        await stage.cluster.stop()
    }

    @Test func anOlderVersionNeverLeads() async throws {
        let stage = try await StandbyStage(1)
        let first = try stage.member("a")
        let term = try await first.lead()
        try await write(term, "one")
        let second = Leading(try stage.member("b"))
        second.start()
        #expect(try await awaitEntry(second.member, first.status.applied))
        // As a newer version would say it.
        let etcd = EtcdClient([try EtcdEndpoint(checking: stage.cluster.endpoints[0])], tls: nil, login: nil)
        let keys = stage.keys
        let page = try await etcd.range(EtcdRange(keys.format), within: .seconds(5))
        var format = try #require(page.pairs.first.flatMap { LogFormat($0.value) })
        format.schema += 1
        let newer = format
        _ = try await etcd.transaction(
            EtcdTransaction(compares: [], operations: [.put(keys.format, newer.bytes)]), within: .seconds(5))
        await first.shutDown()
        #expect(try await eventually { second.member.status.trouble?.contains("newer version of ima") == true })
        try await Task.sleep(for: .seconds(3))
        #expect(second.current == nil && second.terms.withLock { $0.isEmpty })
        await second.stop()
        etcd.shutDown()
        await stage.cluster.stop()
    }

    @Test func etcdWithoutItsDataIsNotTakenForANewLog() async throws {
        let stage = try await StandbyStage(1)
        let first = try stage.member("a")
        let term = try await first.lead()
        try await write(term, "one")
        await first.end(term, yielding: false)
        await first.shutDown()
        try stage.cluster.control(["del", "/ima/", "--prefix"])
        let again = Leading(try stage.member("a"))
        again.start()
        #expect(try await eventually { again.member.status.trouble?.contains("etcd's data are lost") == true })
        #expect(again.current == nil)
        await again.stop()
        let anew = try stage.member("a") { $0.mayBeginAnew = true }
        let next = try await anew.lead()
        #expect(try StandbyStage.messages(next.journal) == ["one"])
        await anew.shutDown()
        await stage.cluster.stop()
    }
}
