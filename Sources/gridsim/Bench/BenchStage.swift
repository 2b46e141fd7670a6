import CommandLineTool
import Curl
import EventBus
import FleetSimulator
import Foundation
import JOSE
import OpenSSL
import PowerEvents
import Site
import StrictJSON

/// What a benchmark runs on: a site of so many nodes, their fleet, a broker, and the agent that was built.
final class BenchStage: Sendable {
    let count: Int
    let folder: URL
    let children: ChildProcesses
    let fleet: BenchFleet
    let hosts: [String]
    let etcd: BenchEtcd
    private let keptConnections: Int?
    private let meterEvery: Int
    private let brokerPort: Int
    private let httpPort: Int
    private let powerAgent: SimulatedPowerAgent
    private let agentKeys: JWKSet
    private let http = HTTPClientPool(.init(workers: 1))

    static let watts = Watts(5000)
    /// What is waited for after a breach is over before anything is put back.
    static let holdDown = Duration.milliseconds(500)
    /// Not the address that thousands of connections to BMCs come from: one of them could have taken the port.
    private static let httpHost = "127.0.0.2"
    private static let nodesPerRack = 200
    private static let source = EventSource(role: .powerAgent, identifier: "bench")

    /// - Parameters:
    ///   - keptConnections: of the agent; nil for all
    ///   - meterEvery: seconds between two readings of what is held
    init(count: Int, fleetProcesses: Int, keptConnections: Int?, meterEvery: Int) async throws {
        self.count = count
        self.keptConnections = keptConnections
        self.meterEvery = meterEvery
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ima-bench-\(getpid())-\(count)")
        try FileManager.default.createDirectory(
            at: folder.appendingPathComponent("none"), withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        self.folder = folder
        children = ChildProcesses(logsIn: folder)
        etcd = BenchEtcd(folder: folder, children: children)
        brokerPort = try FreePort.find(on: "127.0.0.1")
        httpPort = try FreePort.find(on: Self.httpHost)
        let bmcPort = try FreePort.find(on: "127.100.0.1")
        hosts = (0..<count).map { number in
            let (rack, place) = (number / Self.nodesPerRack, number % Self.nodesPerRack + 1)
            return "https://127.\(100 + rack / 250).\(rack % 250).\(place):\(bmcPort)"
        }
        try PrivateFile.write(Self.inventory(count, bmcPort), to: folder.appendingPathComponent("site.yaml"))
        try PrivateFile.write("bench", to: folder.appendingPathComponent("bmc-password"))
        let agentKey = try SigningKey(PrivateKey.generate(.p256), keyID: "ima-bench")
        let powerKey = try SigningKey(PrivateKey.generate(.p256), keyID: "dps-bench")
        agentKeys = try JWKSet([agentKey.jwk()])
        try PrivateFile.write(agentKey.privateKey.pem(), to: folder.appendingPathComponent("ima.pem"))
        try PrivateFile.write(JWKSet([powerKey.jwk()]).json().text, to: folder.appendingPathComponent("dps.jwks.json"))
        try PrivateFile.write(
            "listener \(brokerPort) 127.0.0.1\nallow_anonymous true\nmax_packet_size 67108864\n",
            to: folder.appendingPathComponent("mosquitto.conf"))
        guard let address = BrokerAddress("mqtt://127.0.0.1:\(brokerPort)") else { throw Failure("no broker") }
        powerAgent = try SimulatedPowerAgent(
            source: Self.source, key: powerKey, bus: BusOptions(address: address, clientID: ""),
            logger: BusArguments.logger)
        fleet = try await BenchFleet(
            inventory: folder.appendingPathComponent("site.yaml"), processes: fleetProcesses, children: children)
        try children.launch(
            "mosquitto", ChildProcesses.mosquitto, ["-c", folder.appendingPathComponent("mosquitto.conf").path])
        powerAgent.start()
        try await wait("the broker", .seconds(10)) { powerAgent.isConnected }
    }

    var curl: CurlRun {
        CurlRun(
            folder: folder, authority: folder.appendingPathComponent("bmc-ca.pem"), user: "ima:bench", hosts: hosts,
            path: "/redfish/v1/Chassis/Chassis_0/EnvironmentMetrics",
            body: "{\"PowerLimitWatts\":{\"SetPoint\":\(Self.watts.wholeWatts),\"ControlMode\":\"Automatic\"}}")
    }

    /// Starts an agent and waits until it has probed every BMC, at the pace at which the default `patrol_every` has it
    /// go round 10,000.
    func startPatrollingAgent(_ number: Int) async throws -> pid_t {
        let id = try await startAgent(number, patrolEvery: .seconds(max(2, min(60, count / 167))))
        do {
            try await wait("the patrol", .seconds(300)) { await metric("ima_resources_enforceable") >= Double(count) }
        } catch {
            let known = Int(await metric("ima_resources_enforceable"))
            throw Failure(
                "\(error) (\(known) of \(count) are enforceable): \(children.lastWords(of: "ima-\(number)"))")
        }
        return id
    }

    /// Starts an agent and waits until it listens.
    ///
    /// - Parameters:
    ///   - number: of its journal
    ///   - patrolEvery: nil for no patrol
    func startAgent(_ number: Int, patrolEvery: Duration? = nil) async throws -> pid_t {
        let configuration = folder.appendingPathComponent("ima-\(number).yaml")
        let name = "ima-\(number)"
        try PrivateFile.write(self.configuration(number, name, patrolEvery: patrolEvery), to: configuration)
        let before = children.logLength(of: name)
        let id = try children.launch(
            name, ChildProcesses.sibling("ima"), ["run", "--config", configuration.path])

        let isUsed = etcd.isUsed
        try await wait("the agent", .seconds(60)) {
            let log = children.log(of: name, after: before)
            // A follower is subscribed too, before it leads.
            let part = isUsed ? log.components(separatedBy: "this agent leads").dropFirst().last ?? "" : log
            return part.contains("subscribed to alert topics")
        }
        return id
    }

    /// Starts the standby of an agent that leads, and waits until it follows.
    func startStandby(_ number: Int) async throws -> pid_t {
        let name = "ima-\(number)-standby"
        let configuration = folder.appendingPathComponent("\(name).yaml")
        let text = self.configuration(number, name, patrolEvery: nil)
            .replacing("agent: { id: ima-bench }", with: "agent: { id: ima-bench-standby }")
            .replacing("http: \(Self.httpHost):\(httpPort)", with: "http: \(Self.httpHost):0")
        try PrivateFile.write(text, to: configuration)
        let id = try children.launch(
            name, ChildProcesses.sibling("ima"), ["run", "--config", configuration.path])
        try await wait("the standby", .seconds(60)) {
            let log = children.log(of: name)
            return log.contains("this agent is a standby") && log.contains("subscribed to alert topics")
        }
        return id
    }

    func tearDown() async {
        powerAgent.stop()
        http.shutDown()
        await fleet.stop()
        await children.endAll()
        try? FileManager.default.removeItem(at: folder)
    }

    // MARK: The bus

    /// Publishes an alert for every node.
    ///
    /// - Returns: when the broker was given it
    func publish(_ status: BreachAlert.Status, _ breach: UUIDText) async throws -> UInt64 {
        let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        let hints =
            status == .resolved
            ? []
            : (0..<count).map { number in
                ShedHint(
                    resourceID: Self.node(number), resourceType: .node, action: .powerCap,
                    priority: 1 + number * 5 / count, targetPower: PowerQuantity(watts: Self.watts, unit: .kilowatt))
            }
        let alert = BreachAlert(
            feedTag: "main-a", status: status, severity: .critical, breachID: breach, detectedAt: now,
            resolvedAt: status == .resolved ? now : nil,
            targetCorrelationID: UUIDText(randomBytes: try RandomBytes.draw(16)),
            loadConstraint: PowerQuantity(watts: Watts(1_000_000), unit: .megawatt),
            measuredLoad: PowerQuantity(watts: Watts(1_200_000), unit: .megawatt), shedHints: hints)
        let event = try powerAgent.event(.breachAlert, alert.json, time: now)
        let start = ShedTiming.now
        try await powerAgent.publish(event)
        return start
    }

    /// Listens for what the agent says; nothing is missed between this call and the first read.
    func listen() async throws -> EventWatcher {
        guard let address = BrokerAddress("mqtt://127.0.0.1:\(brokerPort)") else { throw Failure("no broker") }
        let watcher = try EventWatcher(
            BusOptions(address: address, clientID: "", topics: [Topic.filter(.enforcement)]),
            keys: agentKeys,
            logger: BusArguments.logger)
        watcher.start()
        try await wait("the broker", .seconds(10)) { watcher.isConnected }
        return watcher
    }

    /// A figure of the agent's metrics, 0 where it is not there.
    func metric(_ name: String) async -> Double {
        let answer = try? await http.send(
            HTTPRequest(.get, url: "http://\(Self.httpHost):\(httpPort)/metrics", tls: .systemAuthorities))
        let text = String(decoding: answer?.body ?? [], as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix("\(name) ") }
        return line.flatMap { $0.split(separator: " ").last }.flatMap { Double($0) } ?? 0
    }

    func wait(_ what: String, _ limit: Duration, until isDone: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + limit
        while try await !isDone() {
            guard ContinuousClock.now < end else { throw Failure("waited \(limit) for \(what)") }
            if let name = children.firstEnded { throw Failure("\(name) ended: \(children.lastWords(of: name))") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    // MARK: Files

    /// In seconds: longer than the slowest run so far, and hung BMCs are not waited for beyond it.
    private var deadline: Int { min(60, 20 + count / 250) }

    private static func node(_ number: Int) -> String { "n\(number / nodesPerRack)-\(number % nodesPerRack + 1)" }

    private static func inventory(_ count: Int, _ port: Int) -> String {
        var lines = [
            "credentials: { bmc: { username: ima, password_file: bmc-password } }",
            "defaults: { bmc: { credentials: bmc, tls: { ca: bmc-ca.pem } } }", "chassis:",
            "  - { id: room, feeds: [main-a] }", "nodes:",
        ]
        for rack in 0..<((count + nodesPerRack - 1) / nodesPerRack) {
            let places = min(nodesPerRack, count - rack * nodesPerRack)
            let address = "https://127.\(100 + rack / 250).\(rack % 250).[1-\(places)]:\(port)"
            lines.append("  - { id: \"n\(rack)-[1-\(places)]\", bmc: \"\(address)\", chassis: room }")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func configuration(_ number: Int, _ name: String, patrolEvery: Duration?) -> String {
        """
        agent: { id: ima-bench }
        broker: { url: "mqtt://127.0.0.1:\(brokerPort)" }
        trust:
          - { source: "\(Self.source)", jwks: dps.jwks.json }
        signing: { key: ima.pem, kid: ima-bench }
        inventory: [site.yaml]
        journal: \(name).sqlite
        enforcement:
          { hold_down: \(Self.holdDown / .milliseconds(1))ms, step: 100%, report_after: 120s, deadline: \(deadline)s,
            meter_every: \(meterEvery)s }
        redfish:
          patrol_every: \(patrolEvery.map { "\(Int($0 / .seconds(1)))s" } ?? "0s")
          request_timeout: 20s
          kept_connections: \(keptConnections ?? 32_768)
        http: \(Self.httpHost):\(httpPort)
        control: \(name).sock
        """ + (etcd.isUsed ? "\n" + etcd.section(shard: number) : "")
    }
}
