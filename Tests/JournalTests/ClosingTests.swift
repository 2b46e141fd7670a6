import Journal
import Synchronization
import TestSupport
import Testing

/// A journal that is closed while others still ask it, as a standby's is by its page when it takes over.
struct ClosingTests {
    private final class Count: Sendable { let value = Mutex(0) }

    /// Whoever comes too late, or waited for the closing, is told so. A connection that is closed must not be asked: SQLite
    /// ends the process over it.
    @Test(.timeLimit(.minutes(2))) func whoAsksWhileItIsClosedIsToldSo() async throws {
        let folder = try TemporaryFolder()
        for round in 0..<100 {
            let journal = try JournalDatabase(path: folder.path("\(round).sqlite"))
            let readings = Count()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        await #expect(throws: JournalError.self) {
                            while true {
                                _ = try journal.load()
                                readings.value.withLock { $0 += 1 }
                                await Task.yield()
                            }
                        }
                    }
                }
                group.addTask {
                    while readings.value.withLock({ $0 < 8 }) { await Task.yield() }
                    try journal.close()
                }
                try await group.waitForAll()
            }
            #expect(throws: JournalError.self) { try journal.load() }
            #expect(throws: (any Error).self) { try journal.checkpoint() }
            try journal.close()
        }
    }
}
