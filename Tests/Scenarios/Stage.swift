import Curl
import EventBus
import FleetSimulator
import Foundation
import JOSE
import Logging
import OpenSSL
import PowerEvents
import Site
import StrictJSON
import TestSupport
import Testing

/// A whole set-up of real parts in a folder of its own: mosquitto, a simulated fleet over TLS, a power agent, and the
/// `ima` that was built.
final class Stage: Sendable {
    let folder: TemporaryFolder
    let broker: TestBroker
    private let link: SlowLink?
    let fleet: SimulatedFleet
    let powerAgent: SimulatedPowerAgent
    let powerKey: SigningKey
    let watcher: EventWatcher
    let ledger: EventLedger
    let httpPort: Int
    /// The pin of every BMC's key, as inventories write it.
    let pin: String
    private let agent = AgentHolder()
    private let client = HTTPClientPool(.init(workers: 1))

    static let source = EventSource(role: .powerAgent, identifier: "dps-test")
    static let quiet = Logger(label: "stage") { _ in SwiftLogNoOpLogHandler() }

    static let inventory = """
        credentials: { bmc: { username: ima, password_file: bmc-password } }
        defaults: { bmc: { credentials: bmc, tls: { ca: bmc-ca.pem } } }
        chassis:
          - { id: rack-1, feeds: [main-a] }
          - { id: hgx-1, bmc: "https://127.78.2.1:PORT", feeds: [main-a], redfish: { chassis: HGX_Chassis_0 } }
        nodes:
          - id: gpu-[1-2]
            bmc: https://127.78.1.[1-2]:PORT
            chassis: rack-1
            floor: 3.2kW
            gpus: { id: "{node}-gpu[0-3]", processor: "GPU_SXM_[1-4]" }
          - { id: "cpu-[1-8]", bmc: "https://127.78.1.[11-18]:PORT", chassis: rack-1 }
          - { id: login, bmc: "https://127.78.1.20:PORT", chassis: rack-1, protected: true }
          - { id: store, bmc: "https://127.78.1.21:PORT", chassis: rack-1, allow: [power_cap] }
        """

    /// - Parameters:
    ///   - enforcement: what the configuration's section holds beside quick waits
    ///   - watchEvery: how often what is held is looked at
    ///   - requestTimeout: for a BMC's answer
    ///   - inventory: with `PORT` where the fleet's port belongs
    ///   - qos: of the agent's connection
    ///   - signingKey: of the agent
    ///   - personalities: of the BMCs of single resources
    ///   - settings: further lines of the broker's configuration
    ///   - line: how late and in what pieces the agent and the broker hear of each other; nil for a good line
    init(
        enforcement: String = "", watchEvery: String = "2s", redfish: String = "", requestTimeout: String = "3s",
        inventory: String = inventory,
        qos: Int = 2,
        signingKey: KeyKind = .p256, personalities: [String: Personality] = [:],
        line: (delay: Duration, pieceBytes: Int)? = nil, broker settings: String = ""
    ) async throws {
        folder = try TemporaryFolder()
        broker = try await TestBroker(settings: settings)
        let brokerPort = broker.port
        link = try line.map { try SlowLink(to: brokerPort, delay: $0.delay, pieceBytes: $0.pieceBytes) }
        httpPort = try FreePort.find()
        let bmcPort = try FreePort.find(on: "127.78.1.1")
        try folder.write(inventory.replacing("PORT", with: "\(bmcPort)"), to: "site.yaml")
        try folder.write("secret-\(UUID().uuidString)\n", to: "bmc-password")
        let agentKey = try SigningKey(PrivateKey.generate(signingKey), keyID: "ima-test")
        powerKey = try SigningKey(PrivateKey.generate(.p256), keyID: "dps-test")
        try folder.write(agentKey.privateKey.pem(), to: "ima.pem")
        try folder.write(JWKSet([powerKey.jwk()]).json().text, to: "dps.json")
        try folder.write(
            """
            agent: { id: ima-test }
            broker: { url: "mqtt://127.0.0.1:\(link?.port ?? brokerPort)", qos: \(qos) }
            trust: [{ source: "\(Self.source)", jwks: dps.json }]
            signing: { key: ima.pem, kid: ima-test }
            inventory: [site.yaml]
            journal: ima.sqlite
            enforcement: { hold_down: 500ms, step: 50%, every: 200ms, watch_every: \(watchEvery)\(enforcement) }
            redfish: { connect_timeout: 2s, request_timeout: \(requestTimeout), retries: 1\(redfish) }
            http: 127.0.0.1:\(httpPort)
            control: ima.sock
            """, to: "ima.yaml")
        let site = try Self.site(folder.path("site.yaml"))
        fleet = try SimulatedFleet(site: site, each: personalities)
        let bmcKey = try PrivateKey.generate(.p256)
        pin = "sha256//\(Data(SHA256.digest(try bmcKey.publicKey().subjectPublicKeyInfo())).base64EncodedString())"
        try await fleet.start(authority: FleetAuthority.prepare(for: site), key: bmcKey)
        let bus = BusOptions(address: try broker.address, clientID: "")
        powerAgent = try SimulatedPowerAgent(source: Self.source, key: powerKey, bus: bus, logger: Self.quiet)
        var listening = bus
        listening.topics = [Topic.filter(.enforcement)]
        listening.clientID = "watcher"
        watcher = try EventWatcher(listening, keys: JWKSet([agentKey.jwk()]), logger: Self.quiet)
        ledger = EventLedger()
        watcher.start()
        powerAgent.start()
        let (watcher, ledger) = (watcher, ledger)
        try await connected()
        Task { for await sighting in watcher.sightings { ledger.add(sighting) } }
    }

    private static func site(_ path: String) throws -> Site {
        try SiteFile.load(path)
    }

    // MARK: The agent

    static let programs: URL = {
        // The test bundle lies beside the programs.
        URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    }()

    func startAgent(waiting: Bool = true, environment: [String: String] = [:]) async throws {
        let child = try ChildProcess(
            Self.programs.appendingPathComponent("ima").path, ["run", "--config", folder.path("ima.yaml")],
            log: folder.path("ima.log"), environment: environment)
        agent.set(child)
        if waiting { #expect(try await eventually { await self.readiness() == 200 }, "\(log)") }
    }

    /// Of the running agent.
    var processID: pid_t? { agent.child?.id }

    func stopAgent(_ signal: Int32 = SIGTERM) async { await agent.child?.end(signal) }

    /// Sets how large a file the running agent may write (RLIMIT_FSIZE): 0 is a disk that is full.
    func limitFileSize(_ bytes: String) throws {
        let id = try #require(agent.child?.id)
        let result = try ChildProcess.run("/usr/bin/prlimit", ["--pid", "\(id)", "--fsize=\(bytes):unlimited"])
        #expect(result.status == 0, "\(result.errors)")
    }

    var log: String { folder.read("ima.log") }

    func readiness() async -> Int { await page("/readyz").status }

    func page(_ path: String) async -> (status: Int, body: String) {
        let request = HTTPRequest(.get, url: "http://127.0.0.1:\(httpPort)\(path)", timeout: .seconds(3))
        guard let response = try? await client.send(request) else { return (0, "") }
        return (response.status, String(decoding: response.body, as: UTF8.self))
    }

    func command(
        _ arguments: String..., environment: [String: String] = [:]
    ) throws -> (status: Int32, output: String, errors: String) {
        // `keys` has commands of its own, which its options follow.
        let names = arguments[0] == "keys" ? 2 : 1
        return try ChildProcess.run(
            Self.programs.appendingPathComponent("ima").path,
            arguments.prefix(names) + ["--config", folder.path("ima.yaml")] + arguments.dropFirst(names),
            environment: environment)
    }

    /// Waits until the power agent and the watcher have the broker.
    func connected() async throws {
        let (watcher, powerAgent) = (watcher, powerAgent)
        #expect(try await eventually { watcher.isConnected && powerAgent.isConnected })
    }

    func tearDown() async {
        await stopAgent()
        powerAgent.stop()
        watcher.stop()
        await fleet.stop()
        await broker.stop()
        link?.close()
        client.shutDown()
    }

    // MARK: The power agent

    @discardableResult
    func alert(
        _ status: BreachAlert.Status, _ breach: UUIDText, _ hints: [ShedHint] = [],
        severity: BreachAlert.Severity = .critical, feed: String = "main-a"
    ) async throws -> CloudEvent {
        var alert = payload(status, breach, hints, severity)
        alert.feedTag = feed
        let event = try powerAgent.event(.breachAlert, alert.json, time: Self.now)
        try await powerAgent.publish(event)
        return event
    }

    func payload(
        _ status: BreachAlert.Status, _ breach: UUIDText, _ hints: [ShedHint], _ severity: BreachAlert.Severity
    ) -> BreachAlert {
        let power = PowerQuantity(watts: Watts(1_000_000), unit: .megawatt)
        return BreachAlert(
            feedTag: "main-a", status: status, severity: severity, breachID: breach, detectedAt: Self.now,
            targetCorrelationID: breach, loadConstraint: power, measuredLoad: power, shedHints: hints)
    }

    /// The power agent on another broker.
    func powerAgent(on broker: TestBroker) throws -> SimulatedPowerAgent {
        try SimulatedPowerAgent(
            source: Self.source, key: powerKey, bus: BusOptions(address: broker.address, clientID: ""),
            logger: Self.quiet)
    }

    /// The same on a broker with TLS.
    func powerAgent(on broker: TestBroker, trusting authority: CertificateAuthority) throws -> SimulatedPowerAgent {
        let file = try folder.write(authority.certificatePEM, to: "power-agent-ca.pem")
        return try SimulatedPowerAgent(
            source: Self.source, key: powerKey,
            bus: BusOptions(address: broker.address, clientID: "", tls: .init(authorities: file)), logger: Self.quiet)
    }

    static var now: Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }

    static func newBreach() throws -> UUIDText { UUIDText(randomBytes: try RandomBytes.draw(16)) }

    /// Waits for a settled report of a breach that satisfies a condition.
    func report(
        _ breach: UUIDText, _ action: Enforcement.Action, within limit: Duration = .seconds(30),
        where condition: @escaping @Sendable (Enforcement) -> Bool = { _ in true }
    ) async throws -> EventWatcher.Sighting {
        let ledger = ledger
        let find: @Sendable () -> EventWatcher.Sighting? = {
            ledger.all.last { sighting in
                guard let enforcement = sighting.enforcement else { return false }
                return enforcement.breachID == breach && enforcement.action == action
                    && enforcement.diagnosticMessage?.contains("in progress") != true && condition(enforcement)
            }
        }
        _ = try await eventually(within: limit) { find() != nil }
        return try #require(find(), "no \(action) report; the agent's log:\n\(log.suffix(3000))")
    }
}
