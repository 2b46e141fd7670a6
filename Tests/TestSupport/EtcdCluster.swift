import FleetSimulator
import Foundation
public import OpenSSL
import Synchronization

/// Real members of etcd on free loopback ports, with short heartbeats; their data are gone with the test.
public final class EtcdCluster: Sendable {
    public static let places = ["/usr/bin/etcd", "/usr/local/bin/etcd"]

    private struct Member {
        let client: Int
        let peer: Int
        var child: ChildProcess?
    }

    private let folder: TemporaryFolder
    private let members: Mutex<[Member]>
    private let secure: [String]
    private let settings: [String]
    public let isEncrypted: Bool

    /// - Parameters:
    ///   - authority: signs the members' certificates, and whoever connects has to show one by it; nil leaves TLS off
    ///   - settings: further arguments of each member
    public init(
        _ count: Int = 3, authority: CertificateAuthority? = nil, settings: [String] = []
    ) async throws {
        folder = try TemporaryFolder()
        members = Mutex([])
        isEncrypted = authority != nil
        self.settings = settings
        if let authority {
            let identity = try authority.issue(to: .init(commonName: "etcd", addresses: ["127.0.0.1"]))
            secure = [
                "--trusted-ca-file", try folder.write(authority.certificatePEM, to: "ca.pem"), "--client-cert-auth",
                "--cert-file", try folder.write(identity.certificatePEM, to: "etcd.pem"),
                "--key-file", try folder.write(identity.keyPEM, to: "etcd.key"),
            ]
        } else {
            secure = []
        }
        var made: [Member] = []
        for _ in 0..<count { made.append(Member(client: try FreePort.find(), peer: try FreePort.find())) }
        let all = made
        members.withLock { $0 = all }
        for index in 0..<count { try start(index) }
        for index in 0..<count { try await awaitHealth(index) }
    }

    public var endpoints: [String] {
        members.withLock { $0.map { "\(isEncrypted ? "https" : "http")://127.0.0.1:\($0.client)" } }
    }

    private func name(_ index: Int) -> String { "m\(index)" }

    /// Starts a member that is not running, with the data that it had.
    public func start(_ index: Int) throws {
        let all = members.withLock { $0 }
        let (client, peer) = (all[index].client, all[index].peer)
        let scheme = isEncrypted ? "https" : "http"
        let initial = all.enumerated().map { "\(name($0.offset))=http://127.0.0.1:\($0.element.peer)" }
        let path = Self.places.first { FileManager.default.isExecutableFile(atPath: $0) } ?? Self.places[0]
        let child = try ChildProcess(
            path,
            [
                "--name", name(index), "--data-dir", folder.path(name(index)),
                "--listen-client-urls", "\(scheme)://127.0.0.1:\(client)",
                "--advertise-client-urls", "\(scheme)://127.0.0.1:\(client)",
                "--listen-peer-urls", "http://127.0.0.1:\(peer)",
                "--initial-advertise-peer-urls", "http://127.0.0.1:\(peer)",
                "--initial-cluster", initial.joined(separator: ","), "--initial-cluster-state", "new",
                "--heartbeat-interval", "50", "--election-timeout", "500", "--logger", "zap", "--log-level", "error",
            ] + secure + settings, log: folder.path("\(name(index)).log"))
        members.withLock { $0[index].child = child }
    }

    public func send(_ signal: Int32, to index: Int) { members.withLock { $0[index].child }?.send(signal) }

    /// Kills a member and waits until it is gone.
    public func kill(_ index: Int) async {
        let child = members.withLock { members in
            defer { members[index].child = nil }
            return members[index].child
        }
        await child?.end(SIGKILL)
    }

    public func stop() async {
        for index in 0..<members.withLock({ $0.count }) { await kill(index) }
    }

    /// The member that leads the others; nil where none does.
    public func leader() throws -> Int? {
        for index in 0..<members.withLock({ $0.count }) {
            guard members.withLock({ $0[index].child?.isRunning }) == true else { continue }
            let result = try control(["endpoint", "status", "-w", "fields"], at: index)
            let fields = result.output.split(separator: "\n").reduce(into: [String: String]()) { fields, line in
                let parts = line.split(separator: ":", maxSplits: 1)
                guard parts.count == 2 else { return }
                fields[parts[0].trimmingCharacters(in: .whitespaces)] = parts[1].trimmingCharacters(in: .whitespaces)
            }
            if let own = fields["\"MemberID\""], own == fields["\"Leader\""] { return index }
        }
        return nil
    }

    /// Runs etcdctl at one member.
    @discardableResult
    public func control(
        _ arguments: [String], at index: Int = 0, input: String = ""
    ) throws -> (status: Int32, output: String, errors: String) {
        let place = ["/usr/bin/etcdctl", "/usr/local/bin/etcdctl"].first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
        var all = ["--endpoints", endpoints[index], "--command-timeout", "5s"] + arguments
        if isEncrypted {
            all += [
                "--cacert", folder.path("ca.pem"), "--cert", folder.path("etcd.pem"), "--key", folder.path("etcd.key"),
            ]
        }
        return try ChildProcess.run(place ?? "/usr/bin/etcdctl", all, input: input, environment: ["ETCDCTL_API": "3"])
    }

    private func awaitHealth(_ index: Int) async throws {
        let isHealthy = try await eventually(within: .seconds(30)) {
            try self.control(["endpoint", "health"], at: index).status == 0
        }
        guard isHealthy else {
            throw ChildProcess.DidNotStart(description: "etcd: \(folder.read("\(name(index)).log"))")
        }
    }
}
