import Curl
import FleetSimulator
import Foundation
import OpenSSL
import PowerEvents
import StrictJSON
import Synchronization
import TestSupport
import Testing

/// Two agents, each other's standby, on one stage: a broker, a fleet over TLS, and an etcd of three members, which each
/// agent reaches over links of its own.
final class StandbyPair: Sendable {
    let stage: Stage
    let etcd: EtcdCluster
    let names = ["ima-a", "ima-b"]
    private let links: [String: [CutLink]]
    private let ports: [String: Int]
    private let children = Mutex<[String: ChildProcess]>([:])
    private let client = HTTPClientPool(.init(workers: 1))

    /// - Parameters:
    ///   - enforcement: what the section holds beside quick waits
    ///   - ttl: of the lease
    ///   - isPatient: whether BMCs get as much time as they do where nobody has set it
    ///   - authority: of etcd's certificates and of the agents'; nil leaves TLS off
    ///   - etcd: what the section holds beside the endpoints, with `NAME` where an agent's is to be
    init(
        enforcement: String = "", ttl: String = "2s", inventory: String = Stage.inventory, standby more: String = "",
        isPatient: Bool = false, authority: CertificateAuthority? = nil, etcd section: String = ""
    ) async throws {
        stage = try await Stage(
            enforcement: enforcement, requestTimeout: isPatient ? "20s" : "3s", inventory: inventory)
        etcd = try await EtcdCluster(authority: authority)
        let scheme = authority == nil ? "http" : "https"
        var links: [String: [CutLink]] = [:]
        var ports: [String: Int] = [:]
        for name in names {
            links[name] = try etcd.endpoints.map { try CutLink(to: Self.port(of: $0)) }
            ports[name] = try FreePort.find()
            let endpoints = (links[name] ?? []).map { "\"\(scheme)://127.0.0.1:\($0.port)\"" }.joined(separator: ", ")
            let text = stage.folder.read("ima.yaml")
                .replacing("agent: { id: ima-test }", with: "agent: { id: \(name) }")
                .replacing("journal: ima.sqlite", with: "journal: \(name).sqlite")
                .replacing("http: 127.0.0.1:\(stage.httpPort)", with: "http: 127.0.0.1:\(ports[name] ?? 0)")
                .replacing("retries: 1", with: isPatient ? "retries: 1" : "retries: 1, longest_write: 4s")
                .replacing("control: ima.sock", with: "control: \(name).sock")
            try stage.folder.write(
                """
                \(text)
                standby:
                  etcd: { endpoints: [\(endpoints)]\(section.replacing("NAME", with: name)) }
                  site: test
                  shard: a
                  ttl: \(ttl)
                \(more)

                """, to: "\(name).yaml")
        }
        self.links = links
        self.ports = ports
    }

    private static func port(of endpoint: String) throws -> Int {
        try #require(endpoint.split(separator: ":").last.flatMap { Int($0) })
    }

    static var isPossible: Bool { EtcdCluster.places.contains { FileManager.default.isExecutableFile(atPath: $0) } }

    // MARK: The agents

    func other(_ name: String) -> String { name == names[0] ? names[1] : names[0] }

    func start(_ name: String) throws {
        let child = try ChildProcess(
            Stage.programs.appendingPathComponent("ima").path,
            ["run", "--config", stage.folder.path("\(name).yaml")], log: stage.folder.path("\(name).log"))
        children.withLock { $0[name] = child }
    }

    /// Starts both, and returns when one leads and the other could take over.
    func startBoth() async throws -> String {
        for name in names { try start(name) }
        return try await settled()
    }

    /// Waits until one leads and the other is ready to take over. - Returns: who leads
    @discardableResult
    func settled(within limit: Duration = .seconds(60)) async throws -> String {
        let isSettled = try await eventually(within: limit) {
            var roles: [String] = []
            for name in self.names {
                let (status, role) = await self.readiness(of: name)
                guard status == 200 else { return false }
                roles.append(role)
            }
            return roles.sorted() == ["leader", "standby"]
        }
        #expect(isSettled, "\(logs)")
        return try #require(await leader(), "\(logs)")
    }

    func send(_ signal: Int32, to name: String) { children.withLock { $0[name] }?.send(signal) }

    func stop(_ name: String, _ signal: Int32 = SIGTERM) async {
        await children.withLock { $0.removeValue(forKey: name) }?.end(signal)
    }

    func isRunning(_ name: String) -> Bool { children.withLock { $0[name] }?.isRunning == true }

    func page(_ path: String, of name: String) async -> (status: Int, body: String) {
        let request = HTTPRequest(.get, url: "http://127.0.0.1:\(ports[name] ?? 0)\(path)", timeout: .seconds(2))
        guard let response = try? await client.send(request) else { return (0, "") }
        return (response.status, String(decoding: response.body, as: UTF8.self))
    }

    func readiness(of name: String) async -> (status: Int, role: String) {
        let (status, body) = await page("/readyz", of: name)
        let json = try? JSONValue(parsing: Array(body.utf8), limits: .widest)
        // For a moment after its start a standby has not been told who leads.
        let isKnown = json?["standby"]?["leader"]?.string != nil
        return (status, isKnown ? json?["standby"]?["role"]?.string ?? "" : "")
    }

    func leader() async -> String? {
        for name in names where await readiness(of: name).role == "leader" { return name }
        return nil
    }

    /// Waits until an agent leads. - Returns: how long that took; nil where it does not come
    func leads(_ name: String, within limit: Duration = .seconds(60)) async throws -> Duration? {
        let start = ContinuousClock.now
        let isLeading = try await eventually(within: limit) { await self.readiness(of: name).role == "leader" }
        return isLeading ? ContinuousClock.now - start : nil
    }

    func command(_ name: String, _ arguments: String...) throws -> (status: Int32, output: String, errors: String) {
        let names = arguments[0] == "standby" ? 2 : 1
        return try ChildProcess.run(
            Stage.programs.appendingPathComponent("ima").path,
            arguments.prefix(names) + ["--socket", stage.folder.path("\(name).sock")] + arguments.dropFirst(names))
    }

    func log(of name: String) -> String { stage.folder.read("\(name).log") }

    var logs: String { names.map { "\($0):\n\(log(of: $0).suffix(3000))" }.joined(separator: "\n") }

    // MARK: The network

    /// Between an agent and all of etcd.
    func cut(_ name: String, _ isCut: Bool) { for link in links[name] ?? [] { link.isCut = isCut } }

    func tearDown() async {
        for name in names { await stop(name, SIGKILL) }
        for link in links.values.joined() { link.close() }
        await etcd.stop()
        client.shutDown()
        await stage.tearDown()
    }

    // MARK: What the BMCs saw

    /// Writes that an agent made after a moment, however late they were answered.
    func writes(of name: String, after time: ContinuousClock.Instant) -> [SimulatedBMC.Write] {
        stage.fleet.bmcs.flatMap(\.writes).filter { $0.client == "ima (\(name))" && $0.at > time }
    }

    /// Resets of a resource's machine, by their types, since a moment.
    func resets(of resource: String, since time: ContinuousClock.Instant) -> [String] {
        (stage.fleet.bmc(of: resource)?.writes ?? []).filter { $0.at > time && $0.uri.hasSuffix(".Reset") }
            .compactMap { $0.body["ResetType"]?.string }
    }

    /// What is wrong with the events: an id with two contents, a report under two ids, or a signature.
    var doubtfulEvents: [String] {
        let all = stage.ledger.all
        var doubts = all.compactMap { sighting in sighting.doubt.map { "\(sighting.event.id): \($0)" } }
        for (id, copies) in Dictionary(grouping: all, by: \.event.id)
        where !copies.allSatisfy({ $0.payload == copies[0].payload }) {
            doubts.append("\(id) has several contents")
        }
        let reports = Dictionary(grouping: all.filter { $0.enforcement != nil }) { $0.enforcement?.json.text ?? "" }
        for (report, copies) in reports {
            let ids = Set(copies.map(\.event.id))
            if ids.count > 1 { doubts.append("\(ids.count) ids of one report: \(report.prefix(300))") }
        }
        return doubts
    }
}
