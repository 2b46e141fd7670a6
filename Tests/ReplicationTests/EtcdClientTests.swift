import Foundation
import OpenSSL
import Synchronization
import TestSupport
import Testing

@testable import Replication

/// The client against real members of etcd.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct EtcdClientTests {
    private static let patience = Duration.seconds(10)

    private final class Seen: Sendable {
        private let all = Mutex<[EtcdWatchNews.Event]>([])

        var events: [EtcdWatchNews.Event] { all.withLock { $0 } }
        func add(_ events: [EtcdWatchNews.Event]) { all.withLock { $0 += events } }
    }

    private func client(
        _ cluster: EtcdCluster, tls: ReplicationSettings.TLS? = nil, login: ReplicationSettings.Login? = nil
    ) throws -> EtcdClient {
        EtcdClient(try cluster.endpoints.map { try EtcdEndpoint(checking: $0) }, tls: tls, login: login)
    }

    private func put(_ etcd: EtcdClient, _ key: String, _ value: [UInt8], lease: Int64 = 0) async throws -> Bool {
        try await etcd.transaction(
            EtcdTransaction(
                compares: [.init(key: key, createRevision: 0)], operations: [.put(key, value, lease: lease)],
                otherwise: [.get(EtcdRange(key))]), within: Self.patience
        ).hasSucceeded
    }

    @Test func keysAndTheirTraps() async throws {
        let cluster = try await EtcdCluster(1)
        let etcd = try client(cluster)
        defer { etcd.shutDown() }
        let all = [UInt8](0...255)
        #expect(try await put(etcd, "a/ü", all))
        // `succeeded` is absent, and the other branch answers.
        #expect(try await !put(etcd, "a/ü", [1]))
        let page = try await etcd.range(EtcdRange(prefix: "a/"), within: Self.patience)
        #expect(page.pairs.map(\.key) == ["a/ü"] && page.pairs.map(\.value) == [all])
        #expect(page.pairs[0].createRevision > 1 && page.revision >= page.pairs[0].createRevision)
        #expect(try await etcd.range(EtcdRange("b"), within: Self.patience).pairs.isEmpty)
        // A lease that was revoked: 200 without TTL, and its key gone.
        let lease = try await etcd.grant(.seconds(5), within: Self.patience)
        #expect(lease.ttl == .seconds(5))
        #expect(try await put(etcd, "l", [], lease: lease.id))
        #expect(try await etcd.keepAlive(lease.id, within: Self.patience) == .seconds(5))
        try await etcd.revoke(lease.id, within: Self.patience)
        #expect(try await etcd.keepAlive(lease.id, within: Self.patience) == nil)
        #expect(try await etcd.range(EtcdRange("l"), within: Self.patience).pairs.isEmpty)
        // More operations than etcd takes: refused, and no reason to ask another member.
        let many = EtcdTransaction(compares: [], operations: (0..<129).map { .put("m\($0)", []) })
        let error = try await #require(throws: EtcdError.self) {
            try await etcd.transaction(many, within: Self.patience)
        }
        #expect(error.kind == .refused && error.message.contains("too many operations"))
        await cluster.stop()
    }

    @Test func longRangesComeInPages() async throws {
        let cluster = try await EtcdCluster(1)
        let etcd = try client(cluster)
        defer { etcd.shutDown() }
        // Small ones first, so that many are asked for when the large ones come.
        var sizes = Array(repeating: 10, count: 300) + Array(repeating: 512 << 10, count: 12)
        sizes += Array(repeating: 0, count: 3)
        for (index, size) in sizes.enumerated() {
            let key = "p/" + String(1000 + index)
            #expect(try await put(etcd, key, [UInt8](repeating: UInt8(index % 251), count: size)))
        }
        var pages = EtcdPages(etcd, EtcdRange(prefix: "p/"), within: Self.patience)
        var found: [(String, Int)] = []
        var count = 0
        while let pairs = try await pages.next() {
            found += pairs.map { ($0.key, $0.value.count) }
            count += 1
        }
        #expect(found.map(\.0) == sizes.indices.map { "p/\(1000 + $0)" } && found.map(\.1) == sizes)
        #expect(count > 2)
        await cluster.stop()
    }

    @Test func aWatchTellsInOrderAndGoesOnByRevision() async throws {
        let cluster = try await EtcdCluster(1)
        let etcd = try client(cluster)
        defer { etcd.shutDown() }
        #expect(try await put(etcd, "w/0", [0]))
        let start = try await etcd.range(EtcdRange(prefix: "w/"), within: Self.patience).revision
        let seen = Seen()
        func watch(from revision: Int64) -> Task<Void, any Error> {
            Task {
                try await etcd.watch(EtcdRange(prefix: "w/"), from: revision) { seen.add($0.events) }
            }
        }
        let first = watch(from: start + 1)
        for number in 1...5 { #expect(try await put(etcd, "w/\(number)", [UInt8(number)])) }
        #expect(try await eventually { seen.events.count == 5 })
        first.cancel()
        await #expect(throws: (any Error).self) { try await first.value }
        for number in 6...8 { #expect(try await put(etcd, "w/\(number)", [UInt8](repeating: 1, count: 512 << 10))) }
        // What came while nobody watched is told first.
        let next = watch(from: start + 6)
        #expect(try await eventually { seen.events.count == 8 })
        #expect(seen.events.map(\.key) == (1...8).map { "w/\($0)" })
        next.cancel()
        // Before what is compacted there is nothing to be told.
        try cluster.control(["compact", "\(start + 3)"])
        let error = try await #require(throws: EtcdError.self) { try await watch(from: start).value }
        #expect(error.kind == .compacted)
        await cluster.stop()
    }

    /// With the header, a member without a majority behind it says so; without, it is silent.
    @Test func aWatchWithoutAMajorityEnds() async throws {
        let cluster = try await EtcdCluster()
        let etcd = EtcdClient([try EtcdEndpoint(checking: cluster.endpoints[0])], tls: nil, login: nil)
        defer { etcd.shutDown() }
        let revision = try await etcd.range(EtcdRange("x"), within: Self.patience).revision
        let created = Mutex(false)
        let watching = Task {
            try await etcd.watch(EtcdRange("x"), from: revision + 1) { news in
                if news.isCreated { created.withLock { $0 = true } }
            }
        }
        #expect(try await eventually { created.withLock { $0 } })
        await cluster.kill(1)
        await cluster.kill(2)
        let error = try await #require(throws: EtcdError.self) { try await watching.value }
        #expect(error.kind == .away, "\(error)")
        await etcd.lookAtMembers()
        #expect(etcd.members.map(\.isHealthy) == [false])
        await cluster.stop()
    }

    @Test func anotherMemberIsAskedWhereOneIsGone() async throws {
        let cluster = try await EtcdCluster()
        let etcd = try client(cluster)
        defer { etcd.shutDown() }
        #expect(try await put(etcd, "a", [1]))
        await cluster.kill(0)
        #expect(try await put(etcd, "b", [2]))
        await etcd.lookAtMembers()
        #expect(etcd.members.map(\.isHealthy) == [false, true, true])
        // One that hangs is given a share of the time.
        cluster.send(SIGSTOP, to: 1)
        try cluster.start(0)
        #expect(
            try await eventually {
                // The member that came back has to find its place among the others, which takes time.
                let page = try? await etcd.range(EtcdRange("b"), within: .seconds(3))
                return page?.pairs.map(\.value) == [[2]]
            })
        cluster.send(SIGCONT, to: 1)
        await cluster.stop()
    }

    @Test func nobodyThereIsToldInTime() async throws {
        let etcd = EtcdClient([try EtcdEndpoint(checking: "http://127.0.0.1:1")], tls: nil, login: nil)
        defer { etcd.shutDown() }
        let start = ContinuousClock.now
        let error = try await #require(throws: EtcdError.self) {
            try await etcd.range(EtcdRange("x"), within: .milliseconds(500))
        }
        #expect(error.kind == .away && ContinuousClock.now - start < .seconds(10))
    }

    @Test func certificatesOfBothSides() async throws {
        let authority = try CertificateAuthority(name: "Authority")
        let folder = try TemporaryFolder()
        let identity = try authority.issue(to: .init(commonName: "agent"))
        let tls = ReplicationSettings.TLS(
            authorities: try folder.write(authority.certificatePEM, to: "ca.pem"),
            certificate: try folder.write(identity.certificatePEM, to: "agent.pem"),
            key: try folder.write(identity.keyPEM, to: "agent.key"))
        let cluster = try await EtcdCluster(1, authority: authority)
        let etcd = try client(cluster, tls: tls)
        defer { etcd.shutDown() }
        #expect(try await put(etcd, "a", [1]))
        // Without a certificate of ours, and with one that others trust.
        let bare = try client(cluster, tls: .init(authorities: tls.authorities))
        defer { bare.shutDown() }
        await #expect(throws: EtcdError.self) { try await bare.range(EtcdRange("a"), within: .seconds(1)) }
        let stranger = try CertificateAuthority(name: "Stranger")
        let other = try client(
            cluster, tls: .init(authorities: try folder.write(stranger.certificatePEM, to: "stranger.pem")))
        defer { other.shutDown() }
        await #expect(throws: EtcdError.self) { try await other.range(EtcdRange("a"), within: .seconds(1)) }
        await cluster.stop()
    }

    @Test func aUserWithAPassword() async throws {
        let cluster = try await EtcdCluster(1)
        let folder = try TemporaryFolder()
        for arguments in [
            ["user", "add", "root:secret"], ["user", "grant-role", "root", "root"], ["role", "add", "ima"],
            ["role", "grant-permission", "ima", "readwrite", "/ima/", "--prefix"], ["user", "add", "ima:p\"w"],
            ["user", "grant-role", "ima", "ima"], ["auth", "enable"],
        ] {
            let result = try cluster.control(arguments)
            #expect(result.status == 0, "\(arguments): \(result.errors)")
        }
        let file = try folder.write("p\"w\n", to: "password")
        let etcd = try client(cluster, login: .init(username: "ima", passwordFile: file))
        defer { etcd.shutDown() }
        #expect(try await put(etcd, "/ima/a", [1]))
        // Outside of its prefix it may nothing.
        let denied = try await #require(throws: EtcdError.self) { try await put(etcd, "/other", [1]) }
        #expect(denied.kind == .denied)
        // A token that etcd has forgotten is replaced, without anybody noticing.
        await cluster.kill(0)
        try cluster.start(0)
        #expect(try await put(etcd, "/ima/b", [1]))
        let revision = try await etcd.range(EtcdRange("/ima/b"), within: Self.patience).revision
        let watching = Task {
            try await etcd.watch(EtcdRange(prefix: "/ima/"), from: revision) { news in
                if !news.events.isEmpty { throw CancellationError() }
            }
        }
        await #expect(throws: CancellationError.self) { try await watching.value }
        // A wrong password, and none.
        let wrong = try client(
            cluster, login: .init(username: "ima", passwordFile: try folder.write("no", to: "wrong")))
        defer { wrong.shutDown() }
        let refused = try await #require(throws: EtcdError.self) {
            try await wrong.range(EtcdRange("/ima/a"), within: .seconds(2))
        }
        #expect(refused.kind == .denied)
        let nobody = try client(cluster)
        defer { nobody.shutDown() }
        let empty = try await #require(throws: EtcdError.self) {
            try await nobody.range(EtcdRange("/ima/a"), within: .seconds(2))
        }
        #expect(empty.kind == .token)
        let missing = try client(cluster, login: .init(username: "ima", passwordFile: folder.path("none")))
        defer { missing.shutDown() }
        let unread = try await #require(throws: EtcdError.self) {
            try await missing.range(EtcdRange("/ima/a"), within: .seconds(2))
        }
        #expect(unread.description.contains("cannot be read"))
        await cluster.stop()
    }
}
