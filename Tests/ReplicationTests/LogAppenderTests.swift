import Foundation
import Journal
import PowerEvents
import Synchronization
import TestSupport
import Testing

@testable import Replication

/// Entries reach the log once each, whatever becomes of the answers.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct LogAppenderTests {
    private static let patience = Duration.seconds(10)
    private static let nonce = [UInt8](repeating: 5, count: LogEntry.termLength)
    private static let start = JournalPosition(log: "l", number: 0, chain: LogEntry.firstChain)

    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func stage() async throws -> (EtcdCluster, EtcdClient, LogKeys, Office, MemberBoard) {
        let cluster = try await EtcdCluster(1)
        let direct = EtcdClient([try EtcdEndpoint(checking: cluster.endpoints[0])], tls: nil, login: nil)
        let keys = LogKeys(ReplicationSettings(endpoints: [], site: "t", shard: "s", member: "a"))
        let term = LogTerm(
            member: "a", since: StandbyStage.now, nonce: Hexadecimal.text(Self.nonce), schema: JournalDatabase.schema)
        let lease = try await direct.grant(.seconds(600), within: Self.patience)
        let answer = try await direct.transaction(
            EtcdTransaction(
                compares: [.init(key: keys.leader, createRevision: 0)],
                operations: [.put(keys.leader, term.bytes, lease: lease.id)]), within: Self.patience)
        let office = Office(lease: lease.id, revision: answer.revision, term: term)
        return (cluster, direct, keys, office, MemberBoard(try JournalDatabase(path: folder.path("j.sqlite"))))
    }

    private func entries(_ etcd: EtcdClient, _ keys: LogKeys) async throws -> [[UInt8]] {
        var reader = LogReader(Self.start)
        var found: [[UInt8]] = []
        var pages = EtcdPages(etcd, keys.entries, within: Self.patience)
        while let pairs = try await pages.next() {
            for pair in pairs {
                let number = try #require(keys.number(pair.key))
                if let step = try reader.take(number, pair.value) { found.append(step.changes) }
            }
        }
        return found
    }

    @Test func answersAndRequestsThatAreLostLoseAndDoubleNothing() async throws {
        let (cluster, direct, keys, office, board) = try await stage()
        let port = try #require(cluster.endpoints[0].split(separator: ":").last.flatMap { Int($0) })
        let gateway = try LossyGateway(to: port) { number in
            switch number % 5 {
            case 1: .answer
            case 3: .request
            default: .none
            }
        }
        let etcd = EtcdClient([try EtcdEndpoint(checking: gateway.endpoint)], tls: nil, login: nil)
        let appender = LogAppender(etcd, keys, LogWriter(after: LogReader(Self.start), term: Self.nonce), office, board)
        {
            Issue.record("refused: \($0)")
        }
        let payloads =
            (0..<30).map { [UInt8](repeating: UInt8($0), count: 10 + $0) } + [
                [UInt8](repeating: 99, count: LogEntry.mostBytes * 2 + 1)
            ]
        for (index, payload) in payloads.enumerated() {
            let position = try await Blocking.run { try appender.append(payload) }
            #expect(position.number == Int64(index < 30 ? index + 1 : 33))
        }
        #expect(try await entries(direct, keys) == payloads)
        #expect(gateway.requests > payloads.count + 10)
        #expect(board.status([]).trouble == nil)
        gateway.close()
        etcd.shutDown()
        direct.shutDown()
        await cluster.stop()
    }

    @Test func anotherLeadersKeyRefusesIt() async throws {
        let (cluster, direct, keys, office, board) = try await stage()
        let refusals = Mutex<[String]>([])
        let appender = LogAppender(
            direct, keys, LogWriter(after: LogReader(Self.start), term: Self.nonce), office, board
        ) { reason in refusals.withLock { $0.append(reason) } }
        _ = try await Blocking.run { try appender.append([1]) }
        try cluster.control(["del", keys.leader])
        try cluster.control(["put", keys.leader, "{}"])
        await #expect(throws: LogAppender.NotAppended.self) {
            _ = try await Blocking.run { try appender.append([2]) }
        }
        #expect(refusals.withLock { $0.count } == 1)
        #expect(try await entries(direct, keys) == [[1]])
        direct.shutDown()
        await cluster.stop()
    }

    @Test func whatWaitsForEtcdFailsWhenTheProcessEnds() async throws {
        let (cluster, direct, keys, office, board) = try await stage()
        let appender = LogAppender(
            direct, keys, LogWriter(after: LogReader(Self.start), term: Self.nonce), office, board
        ) { _ in }
        await cluster.stop()
        let appending = Task { try await Blocking.run { try appender.append([1]) } }
        #expect(try await eventually { board.status([]).trouble?.contains("does not take entries") == true })
        appender.giveUp()
        await #expect(throws: LogAppender.NotAppended.self) { try await appending.value }
        direct.shutDown()
    }
}
