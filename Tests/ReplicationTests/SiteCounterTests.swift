import Foundation
import Journal
import Logging
import PowerEvents
import Synchronization
import TestSupport
import Testing

@testable import Replication

/// What shards of a site count together, over real etcd.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct SiteCounterTests {
    private static let patience = Duration.seconds(10)

    /// One shard's leader, without the rest of a member.
    private final class Shard: Sendable {
        let etcd: EtcdClient
        let keys: LogKeys
        let counter: SiteCounter
        let office: Office
        let refusals = Mutex<[String]>([])

        /// - Parameters:
        ///   - other: the endpoint that is counted at; nil for the same
        ///   - giveUp: after so long without an answer; nobody does on a busy machine unless a test is about that
        init(
            _ shard: String, _ endpoint: String, counting other: String? = nil, giveUp: Duration = .seconds(100),
            login: ReplicationSettings.Login? = nil
        ) async throws {
            etcd = EtcdClient([try EtcdEndpoint(checking: endpoint)], tls: nil, login: login)
            keys = LogKeys(ReplicationSettings(endpoints: [], site: "t", shard: shard, member: "m-\(shard)"))
            let term = LogTerm(
                member: "m-\(shard)", since: StandbyStage.now, nonce: String(repeating: "05", count: 16),
                schema: JournalDatabase.schema)
            let answer = try await etcd.transaction(
                EtcdTransaction(
                    compares: [.init(key: keys.leader, createRevision: 0)], operations: [.put(keys.leader, term.bytes)]),
                within: SiteCounterTests.patience)
            office = Office(lease: 1, revision: answer.revision, term: term)
            office.open(until: BootClock.now() + .seconds(600))
            let client = try other.map { EtcdClient([try EtcdEndpoint(checking: $0)], tls: nil, login: nil) }
            counter = SiteCounter(
                client ?? etcd, keys, shard: shard, patience: giveUp,
                logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() })
        }

        /// Of ten over the site.
        func claim(_ wanted: Int, keep: Int = 0) async -> SiteCounts? {
            await counter.claim(
                nodes: 50, for: office, onRefusal: { reason in self.refusals.withLock { $0.append(reason) } }
            ) { counts in max(keep, min(wanted, 10 - counts.others.reduce(0) { $0 + $1.down })) }
        }

        /// As etcd has it.
        func counted() async throws -> [ShardCount] {
            try await etcd.range(keys.counts, within: SiteCounterTests.patience).pairs.compactMap {
                ShardCount($0.value, of: keys.shard(ofCount: $0.key))
            }
        }
    }

    private final class Worst: Sendable {
        let number = Mutex(0)
        func add(_ one: Int) { number.withLock { $0 = max($0, one) } }
    }

    private final class Heard: Sendable { let latest = Mutex<SiteCounts?>(nil) }

    private static func port(_ cluster: EtcdCluster) throws -> Int {
        try #require(cluster.endpoints[0].split(separator: ":").last.flatMap { Int($0) })
    }

    @Test func aRangeIsComparedByWhatWasPutThere() async throws {
        let cluster = try await EtcdCluster(1)
        let etcd = EtcdClient([try EtcdEndpoint(checking: cluster.endpoints[0])], tls: nil, login: nil)
        let range = EtcdRange(prefix: "r/")
        func put(_ key: String, ifUnchangedSince revision: Int64) async throws -> EtcdTransaction.Answer {
            try await etcd.transaction(
                EtcdTransaction(
                    compares: [], unchanged: [.init(range: range, since: revision)], operations: [.put(key, [1])],
                    otherwise: [.get(range)]), within: Self.patience)
        }
        let empty = try await etcd.range(range, within: Self.patience)
        let first = try await put("r/a", ifUnchangedSince: empty.revision)
        #expect(first.hasSucceeded)
        // A key has come.
        let refused = try await put("r/b", ifUnchangedSince: empty.revision)
        #expect(!refused.hasSucceeded && refused.pages.first?.pairs.map(\.key) == ["r/a"])
        #expect(try await put("r/b", ifUnchangedSince: refused.revision).hasSucceeded)
        // One was changed.
        #expect(try await !put("r/c", ifUnchangedSince: first.revision).hasSucceeded)
        // What lies beside it does not matter.
        let now = try await etcd.range(range, within: Self.patience).revision
        try cluster.control(["put", "s", "x"])
        #expect(try await put("r/c", ifUnchangedSince: now).hasSucceeded)
        etcd.shutDown()
        await cluster.stop()
    }

    /// However they come upon each other, together they never count more than may be, and all that may be is used.
    @Test func shardsThatClaimAtOnceNeverCountMoreThanMayBe() async throws {
        let cluster = try await EtcdCluster(1)
        let endpoint = cluster.endpoints[0]
        let shards = try await [Shard("a", endpoint), Shard("b", endpoint), Shard("c", endpoint)]
        let worst = Worst()
        await withTaskGroup(of: Void.self) { group in
            for (index, shard) in shards.enumerated() {
                group.addTask {
                    var random = SystemRandomNumberGenerator()
                    for _ in 0..<40 {
                        guard let counts = await shard.claim(Int.random(in: 0...6, using: &random)) else {
                            Issue.record("shard \(index) was not answered")
                            continue
                        }
                        worst.add(counts.down)
                        let all = (try? await shard.counted())?.reduce(0) { $0 + $1.down } ?? 0
                        worst.add(all)
                    }
                    _ = await shard.claim(6)
                }
            }
        }
        #expect(worst.number.withLock { $0 } <= 10)
        #expect(try await shards[0].counted().reduce(0) { $0 + $1.down } == 10)
        #expect(shards.allSatisfy { $0.refusals.withLock { $0.isEmpty } })
        for shard in shards { shard.etcd.shutDown() }
        await cluster.stop()
    }

    /// A claim that was obeyed without an answer is not made twice, and none that came to nothing comes back.
    @Test func answersAndRequestsThatAreLostCountRight() async throws {
        let cluster = try await EtcdCluster(1)
        let gateway = try LossyGateway(to: Self.port(cluster)) { number in
            switch number % 5 {
            case 1: .answer
            case 3: .request
            default: .none
            }
        }
        let shard = try await Shard("a", cluster.endpoints[0], counting: gateway.endpoint)
        let other = try await Shard("b", cluster.endpoints[0])
        for wanted in [3, 7, 7, 2, 9, 0, 4, 4, 8] {
            let counts = try #require(await shard.claim(wanted))
            #expect(try await shard.counted().first { $0.shard == "a" } == counts.own)
            #expect(counts.own?.down == min(wanted, 10 - counts.others.reduce(0) { $0 + $1.down }))
            _ = await other.claim(wanted % 4)
        }
        gateway.close()
        shard.etcd.shutDown()
        other.etcd.shutDown()
        await cluster.stop()
    }

    /// What is down is down, whatever others hold.
    @Test func whatIsKeptCountsBeyondTheBound() async throws {
        let cluster = try await EtcdCluster(1)
        let shard = try await Shard("a", cluster.endpoints[0])
        let other = try await Shard("b", cluster.endpoints[0])
        #expect(await other.claim(9)?.own?.down == 9)
        #expect(await shard.claim(5, keep: 4)?.own?.down == 4)
        // The other one keeps what it has and gets no more.
        #expect(await other.claim(10, keep: 9)?.own?.down == 9)
        shard.etcd.shutDown()
        other.etcd.shutDown()
        await cluster.stop()
    }

    @Test func whoLeadsNoMoreCountsNothing() async throws {
        let cluster = try await EtcdCluster(1)
        let shard = try await Shard("a", cluster.endpoints[0])
        #expect(await shard.claim(3)?.own?.down == 3)
        try cluster.control(["del", shard.keys.leader])
        try cluster.control(["put", shard.keys.leader, "{}"])
        #expect(await shard.claim(5) == nil)
        #expect(shard.refusals.withLock { $0.count } == 1)
        #expect(try await shard.counted().map(\.down) == [3])
        shard.office.finish(.ended)
        #expect(await shard.claim(5) == nil)
        shard.etcd.shutDown()
        await cluster.stop()
    }

    /// What no agent wrote is not taken for a number.
    @Test(arguments: [#"{"nodes":5}"#, #"{"nodes":5,"down":-1}"#, #"{"nodes":5,"down":1e99}"#, "", "[]"])
    func whereACountCannotBeReadNothingIsKnown(_ value: String) async throws {
        let cluster = try await EtcdCluster(1)
        let shard = try await Shard("a", cluster.endpoints[0])
        #expect(await shard.claim(1) != nil)
        try cluster.control(["put", shard.keys.counts.first + "b", value])
        #expect(await shard.claim(2) == nil)
        #expect(shard.counter.counts == nil)
        #expect(shard.counter.trouble?.contains("@suspended/b") == true, "\(shard.counter.trouble ?? "")")
        try cluster.control(["put", shard.keys.counts.first + "b", #"{"nodes":5,"down":9,"more":"x"}"#])
        #expect(await shard.claim(2)?.own?.down == 1)
        #expect(shard.counter.trouble == nil)
        shard.etcd.shutDown()
        await cluster.stop()
    }

    /// The role of the documentation reaches over the site's counts; one of the shard's keys alone does not, which is told.
    @Test func aUserCountsAsFarAsItsRoleReaches() async throws {
        let cluster = try await EtcdCluster(1)
        let folder = try TemporaryFolder()
        for arguments in [
            ["user", "add", "root:secret"], ["user", "grant-role", "root", "root"], ["role", "add", "site"],
            ["role", "grant-permission", "site", "readwrite", "/ima/", "--prefix"], ["role", "add", "shard"],
            ["role", "grant-permission", "shard", "readwrite", "/ima/t/b/", "--prefix"], ["user", "add", "site:p"],
            ["user", "grant-role", "site", "site"], ["user", "add", "shard:p"],
            ["user", "grant-role", "shard", "shard"], ["auth", "enable"],
        ] {
            let result = try cluster.control(arguments)
            #expect(result.status == 0, "\(arguments): \(result.errors)")
        }
        let file = try folder.write("p\n", to: "password")
        let wide = try await Shard(
            "a", cluster.endpoints[0], login: .init(username: "site", passwordFile: file))
        #expect(await wide.claim(3)?.own?.down == 3)
        #expect(await wide.claim(5)?.own?.down == 5)
        let narrow = try await Shard(
            "b", cluster.endpoints[0], login: .init(username: "shard", passwordFile: file))
        try await narrow.counter.look(within: Self.patience)
        #expect(await narrow.claim(1) == nil)
        #expect(narrow.counter.counts == nil && narrow.refusals.withLock { $0.isEmpty })
        #expect(narrow.counter.trouble?.contains("permission denied") == true, "\(narrow.counter.trouble ?? "")")
        wide.etcd.shutDown()
        narrow.etcd.shutDown()
        await cluster.stop()
    }

    /// While etcd is away, and the lease with it, a claim waits; with a lease it does not for ever.
    @Test func aClaimIsGivenUpWhereOnlyItIsNotAnswered() async throws {
        let cluster = try await EtcdCluster(1)
        let shard = try await Shard("a", cluster.endpoints[0], giveUp: .seconds(5))
        await cluster.stop()
        let start = ContinuousClock.now
        #expect(await shard.claim(1) == nil)
        #expect(ContinuousClock.now - start > .seconds(4))
        shard.etcd.shutDown()
    }

    /// Through whole members: the next leader of a shard finds what the one before has counted, and others hear of it.
    @Test func theNextLeaderFindsWhatTheShardCounts() async throws {
        let stage = try await StandbyStage(1)
        func member(_ name: String, of shard: String) throws -> StandbyMember {
            // However busy the machine is, none loses its lease.
            try stage.member(name) { ($0.shard, $0.ttl) = (shard, .seconds(30)) }
        }
        let a = try member("a", of: "a")
        let b = try member("b", of: "b")
        let (termA, termB) = (try await a.lead(), try await b.lead())
        #expect(termA.claims.latest == SiteCounts())
        let heard = Heard()
        let listening = Task { for await news in termB.claims.news { heard.latest.withLock { $0 = news } } }
        #expect(await termA.claims.claim(nodes: 7) { _ in 2 }?.own == ShardCount(shard: "a", nodes: 7, down: 2))
        let expected = SiteCounts(others: [ShardCount(shard: "a", nodes: 7, down: 2)])
        #expect(try await eventually { heard.latest.withLock { $0 } == expected })
        #expect(b.status.counts == expected)
        await a.end(termA, yielding: false)
        await a.shutDown()
        // Away, and counted.
        let both = await termB.claims.claim(nodes: 3) { counts in counts.others.first?.down ?? 0 }
        #expect(both?.down == 4 && both?.nodes == 10)
        let next = try member("a2", of: "a")
        let term = try await next.lead()
        #expect(term.claims.latest?.own == ShardCount(shard: "a", nodes: 7, down: 2))
        #expect(term.claims.latest?.others == [ShardCount(shard: "b", nodes: 3, down: 2)])
        listening.cancel()
        await next.end(term, yielding: false)
        await b.end(termB, yielding: false)
        await next.shutDown()
        await b.shutDown()
        await stage.cluster.stop()
    }
}
