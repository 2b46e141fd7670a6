import BadDisk
import Foundation
import PowerEvents
import Shedding
import TestSupport
import Testing

@testable import Journal

struct CommitQueueTests {
    private func batch(_ code: String) -> JournalBatch {
        var batch = JournalBatch()
        batch.changes.history = [HistoryEntry(.command, code)]
        return batch
    }

    private func codes(_ items: [CommitQueue<Int>.Item]) -> [String] {
        items.flatMap { $0.batch.changes.history.map(\.code) }
    }

    @Test func whatIsRefusedStaysFirstInLine() {
        var queue = CommitQueue<Int>()
        var mustStart = queue.add(.init(batch("a"), .untilDone, ticket: 1))
        #expect(mustStart)
        mustStart = queue.add(.init(batch("intent"), .once, ticket: 2))
        #expect(!mustStart, "it is flushing already")
        var group = queue.take()
        #expect(codes(group) == ["a", "intent"])
        _ = queue.add(.init(batch("b"), .untilDone, ticket: 3))
        let failed = queue.putBack(group)
        #expect(failed.map(\.ticket) == [2], "an intent that cannot be recorded has failed")
        _ = queue.add(.init(batch("c"), .untilDone, ticket: 4))
        group = queue.take()
        #expect(codes(group) == ["a", "b", "c"])
        group = queue.take()
        #expect(group.isEmpty)
        mustStart = queue.add(.init(batch("d"), .once, ticket: 5))
        #expect(mustStart, "flushing was over")
        let abandoned = queue.abandon()
        #expect(abandoned.map(\.ticket) == [5])
    }
}

extension BadDiskTests {
    /// An older state never becomes durable after a newer one, however long the disk refuses.
    @Test func theWriterKeepsTheOrderWhileTheDiskRefuses() async throws {
        let folder = try TemporaryFolder()
        let journal = try JournalDatabase(path: folder.path("j.sqlite"))
        let store = SQLiteStore(journal, now: { Timestamp(milliseconds: 0) })
        bad_disk_arm(folder.url.path, 1, 1, ENOSPC)
        func batch(_ code: String) -> JournalBatch {
            var batch = JournalBatch()
            batch.changes.history = [HistoryEntry(.command, code)]
            return batch
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await store.append(batch("first"), .untilDone) }
            try await Task.sleep(for: .milliseconds(50))
            await #expect(throws: (any Error).self) { try await store.append(batch("intent"), .once) }
            group.addTask { try await store.append(batch("second"), .untilDone) }
            try await Task.sleep(for: .milliseconds(50))
            #expect(journal.failure?.contains("full") == true)
            #expect(bad_disk_disarm() > 0)
            try await group.waitForAll()
        }
        #expect(try journal.history(HistoryQuery()).map(\.entry.code) == ["first", "second"])
        #expect(journal.failure == nil)
    }
}
