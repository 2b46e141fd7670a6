import Curl
import FleetSimulator
import Foundation
import PowerEvents
import StrictJSON
import Synchronization
import TestSupport
import Testing

/// Two shards of one site, each with an agent and an inventory of its own: a broker, a fleet over TLS, and a real etcd.
final class ShardedSite: Sendable {
    let stage: Stage
    let etcd: EtcdCluster
    static let shards = ["a", "b"]
    private let ports: [String: Int]
    private let children = Mutex<[String: ChildProcess]>([:])
    private let client = HTTPClientPool(.init(workers: 1))

    private static let head = """
        credentials: { bmc: { username: ima, password_file: bmc-password } }
        defaults: { bmc: { credentials: bmc, tls: { ca: bmc-ca.pem } } }
        nodes:

        """
    private static let parts = [
        "a": "  - { id: \"a-[1-6]\", bmc: \"https://127.78.3.[1-6]:PORT\", feeds: [main-a] }\n",
        "b": "  - { id: \"b-[1-6]\", bmc: \"https://127.78.3.[11-16]:PORT\", feeds: [main-a] }\n",
    ]

    static func nodes(_ shard: String) -> [String] { (1...6).map { "\(shard)-\($0)" } }

    /// - Parameter share: `max_suspended` of each shard
    init(share: [String: String]) async throws {
        stage = try await Stage(inventory: Self.head + Self.shards.compactMap { Self.parts[$0] }.joined())
        etcd = try await EtcdCluster(1)
        let whole = stage.folder.read("site.yaml")
        var ports: [String: Int] = [:]
        for shard in Self.shards {
            let other = try #require(Self.shards.first { $0 != shard })
            let lines = whole.split(separator: "\n", omittingEmptySubsequences: false)
            try stage.folder.write(
                lines.filter { !$0.contains("id: \"\(other)-") }.joined(separator: "\n"), to: "site-\(shard).yaml")
            ports[shard] = try FreePort.find()
            let text = stage.folder.read("ima.yaml")
                .replacing("agent: { id: ima-test }", with: "agent: { id: ima-\(shard) }")
                .replacing("[site.yaml]", with: "[site-\(shard).yaml]")
                .replacing("journal: ima.sqlite", with: "journal: \(shard).sqlite")
                .replacing("http: 127.0.0.1:\(stage.httpPort)", with: "http: 127.0.0.1:\(ports[shard] ?? 0)")
                .replacing("retries: 1", with: "retries: 1, longest_write: 4s")
                .replacing("control: ima.sock", with: "control: \(shard).sock")
                .replacing(
                    "enforcement: { ",
                    with: "enforcement: { answer_foreign: false, max_suspended: \(share[shard] ?? "10%"), ")
            try stage.folder.write(
                text + "\nstandby: { etcd: { endpoints: [\"\(etcd.endpoints[0])\"] }, site: test, shard: \(shard) }\n",
                to: "\(shard).yaml")
        }
        self.ports = ports
    }

    // MARK: The agents

    func start(_ shard: String) async throws {
        let child = try ChildProcess(
            Stage.programs.appendingPathComponent("ima").path,
            ["run", "--config", stage.folder.path("\(shard).yaml")], log: stage.folder.path("\(shard).log"))
        children.withLock { $0[shard] = child }
        let isReady = try await eventually(within: .seconds(60)) {
            let (status, body) = await self.page("/readyz", of: shard)
            return status == 200 && body.contains("\"leader\"")
        }
        #expect(isReady, "\(logs)")
    }

    func stop(_ shard: String, _ signal: Int32) async {
        await children.withLock { $0.removeValue(forKey: shard) }?.end(signal)
    }

    func page(_ path: String, of shard: String) async -> (status: Int, body: String) {
        let request = HTTPRequest(.get, url: "http://127.0.0.1:\(ports[shard] ?? 0)\(path)", timeout: .seconds(2))
        guard let response = try? await client.send(request) else { return (0, "") }
        return (response.status, String(decoding: response.body, as: UTF8.self))
    }

    func command(_ shard: String, _ arguments: String...) throws -> (status: Int32, output: String, errors: String) {
        try ChildProcess.run(
            Stage.programs.appendingPathComponent("ima").path,
            arguments.prefix(1) + ["--socket", stage.folder.path("\(shard).sock")] + arguments.dropFirst())
    }

    var logs: String {
        Self.shards.map { "\($0):\n\(stage.folder.read("\($0).log").suffix(3000))" }.joined(separator: "\n")
    }

    func tearDown() async {
        for shard in Self.shards { await stop(shard, SIGKILL) }
        await etcd.stop()
        client.shutDown()
        await stage.tearDown()
    }

    // MARK: What came of it

    /// Waits for a shard's settled report of a breach.
    func report(
        of shard: String, _ breach: UUIDText, _ action: Enforcement.Action
    ) async throws -> Enforcement {
        let found = try await stage.report(breach, action, within: .seconds(60)) { [stage] enforcement in
            stage.ledger.all.contains { sighting in
                sighting.enforcement == enforcement && "\(sighting.event.source)".hasSuffix("/ima-\(shard)")
            }
        }
        return try #require(found.enforcement)
    }

    /// The nodes that are off.
    var down: [String] {
        Self.shards.flatMap(Self.nodes).filter { stage.fleet.bmc(of: $0)?.machine.powerState != "On" }
    }

    /// How many nodes were switched off and not on again, at the worst moment, by the resets that their BMCs have got.
    var mostDown: Int {
        let resets = Self.shards.flatMap(Self.nodes).flatMap { node in
            (stage.fleet.bmc(of: node)?.writes ?? []).filter { $0.uri.hasSuffix(".Reset") }
                .map { (node, $0.at, $0.body["ResetType"]?.string ?? "") }
        }
        var down: Set<String> = []
        var most = 0
        for (node, _, type) in resets.sorted(by: { $0.1 < $1.1 }) {
            if type == "On" { down.remove(node) } else { down.insert(node) }
            most = max(most, down.count)
        }
        return most
    }
}
