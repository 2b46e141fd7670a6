import Foundation
import Journal
import Logging
import PowerEvents
import Shedding
import Synchronization
import TestSupport

@testable import Replication

/// Members of one shard over real etcd, each with its own file.
final class StandbyStage: Sendable {
    let folder: TemporaryFolder
    let cluster: EtcdCluster
    private let site = "t" + String(UInt32.random(in: 0...UInt32.max), radix: 16)

    init(_ count: Int = 3) async throws {
        folder = try TemporaryFolder()
        cluster = try await EtcdCluster(count)
    }

    func path(_ name: String) -> String { folder.path("\(name).sqlite") }

    func settings(_ name: String, ttl: Duration = .seconds(3)) -> ReplicationSettings {
        ReplicationSettings(endpoints: cluster.endpoints, site: site, shard: "s", ttl: ttl, member: name)
    }

    func member(
        _ name: String, _ change: (inout ReplicationSettings) -> Void = { _ in }
    ) throws -> StandbyMember {
        var settings = settings(name)
        change(&settings)
        var logger = Logger(label: name)
        logger.logLevel = .critical
        return try StandbyMember(settings, journal: path(name), now: { Self.now }, logger: logger)
    }

    static let now = Timestamp(milliseconds: 1_800_000_000_000)

    /// A batch that tells itself apart.
    static func batch(_ message: String) -> JournalBatch {
        var batch = JournalBatch()
        batch.changes.history = [HistoryEntry(.command, "test", message: message)]
        return batch
    }

    static func messages(_ journal: JournalDatabase) throws -> [String] {
        try journal.history(HistoryQuery(limit: 1_000_000)).compactMap(\.entry.message)
    }

    var keys: LogKeys { LogKeys(settings("")) }
}

/// A member that leads whenever it can, and what it was.
final class Leading: Sendable {
    let member: StandbyMember
    let terms = Mutex<[LeaderTerm]>([])
    private let task: Mutex<Task<Void, any Error>?>

    init(_ member: StandbyMember) {
        self.member = member
        task = Mutex(nil)
    }

    /// Campaigns, and after each lost term again.
    func start() {
        let running = Task { [self] in
            while true {
                let term = try await member.lead()
                terms.withLock { $0.append(term) }
                _ = await term.over()
                await member.end(term, yielding: false)
            }
        }
        task.withLock { $0 = running }
    }

    var current: LeaderTerm? { terms.withLock { $0.last }.flatMap { $0.ending.end == nil ? $0 : nil } }

    func stop() async {
        let running = task.withLock { $0 }
        running?.cancel()
        _ = await running?.result
        await member.shutDown()
    }
}
