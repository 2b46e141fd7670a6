import CommandLineTool
import EventBus
import FleetSimulator
import Foundation
import Inventory
import JOSE
import OpenSSL
import PowerEvents
import Settings
import StrictJSON
import Synchronization

/// Everything the demonstration runs on, in a folder of its own that goes away with it: keys, files, a broker, a fleet
/// and the agent.
final class DemoStage: Sendable {
    let folder: URL
    let site: Site
    let fleet: SimulatedFleet
    let brokerPort: Int
    let agentKeys: JWKSet
    let powerAgentKey: SigningKey
    static let source = EventSource(role: .powerAgent, identifier: "dps-demo")
    private let agentPath: String
    private let children = Mutex<[(name: String, id: pid_t)]>([])

    init(inventory: String) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ima-demo-\(getpid())")
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        self.folder = folder
        brokerPort = try FreePort.find(on: "127.0.0.1")
        let bmcPort = try FreePort.find(on: "127.77.0.1")

        guard let text = try? String(contentsOfFile: inventory, encoding: .utf8) else {
            throw Failure("\(inventory): the inventory cannot be read", code: 2)
        }
        let password = try RandomBytes.draw(12).map { String($0, radix: 16) }.joined()
        try Self.write(text.replacing(":8443", with: ":\(bmcPort)"), to: folder.appendingPathComponent("site.yaml"))
        try Self.write(password, to: folder.appendingPathComponent("bmc-password"))
        let problems = ProblemCollector()
        site = SiteReader.load(
            [folder.appendingPathComponent("site.yaml").path], environment: [:], problems: problems, checksFiles: false)
        try problems.throwIfAny()
        fleet = try SimulatedFleet(site: site)

        let agentKey = try SigningKey(PrivateKey.generate(.p256), keyID: "ima-demo")
        powerAgentKey = try SigningKey(PrivateKey.generate(.p256), keyID: "dps-demo")
        agentKeys = try JWKSet([agentKey.jwk()])
        try Self.write(agentKey.privateKey.pem(), to: folder.appendingPathComponent("ima.pem"))
        try Self.write(
            JWKSet([powerAgentKey.jwk()]).json().text, to: folder.appendingPathComponent("dps-demo.jwks.json"))
        try Self.write(Self.configuration(brokerPort: brokerPort), to: folder.appendingPathComponent("ima.yaml"))
        agentPath =
            URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
            .appendingPathComponent("ima").path
    }

    var bus: BusOptions {
        get throws {
            guard let address = BrokerAddress("mqtt://127.0.0.1:\(brokerPort)") else { throw Failure("no broker") }
            return BusOptions(address: address, clientID: "")
        }
    }

    /// Starts the fleet, the broker and the agent, and waits until the agent listens.
    func start() async throws {
        try await fleet.start(authority: FleetAuthority.prepare(for: site))
        try Self.write(
            "listener \(brokerPort) 127.0.0.1\nallow_anonymous true\n",
            to: folder.appendingPathComponent("mosquitto.conf"))
        try launch("mosquitto", Self.mosquitto(), ["-c", folder.appendingPathComponent("mosquitto.conf").path])
        try launch("ima", agentPath, ["run", "--config", folder.appendingPathComponent("ima.yaml").path])
        for _ in 0..<200 {
            if agentLog.contains("the alerts' topics are subscribed") { return }
            if let dead = children.withLock({ $0 }).first(where: { !Self.isRunning($0.id) }) {
                throw Failure("\(dead.name) ended: \(lastWords)")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Failure("the agent did not get ready: \(lastWords)")
    }

    /// Ends every process that was started here, and removes the folder.
    func tearDown() async {
        for (_, id) in children.withLock({ $0 }).reversed() where Self.isRunning(id) {
            kill(id, SIGTERM)
            let limit = ContinuousClock.now + .seconds(10)
            while Self.isRunning(id), ContinuousClock.now < limit { try? await Task.sleep(for: .milliseconds(50)) }
            if Self.isRunning(id) { kill(id, SIGKILL) }
        }
        await fleet.stop()
        try? FileManager.default.removeItem(at: folder)
    }

    var agentLog: String {
        (try? String(contentsOf: folder.appendingPathComponent("ima.log"), encoding: .utf8)) ?? ""
    }

    var lastWords: String { agentLog.split(separator: "\n").suffix(3).joined(separator: "\n") }

    private func launch(_ name: String, _ path: String, _ arguments: [String]) throws {
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw Failure("\(path): no such program; build it first", code: 2)
        }
        let log = folder.appendingPathComponent("\(name).log")
        _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = try FileHandle(forWritingTo: log)
        // A child inherits the thread's mask, and the threads of Swift's pool block the signals that are to end it.
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try process.run()
        let id = process.processIdentifier
        children.withLock { $0.append((name, id)) }
    }

    private static func isRunning(_ id: pid_t) -> Bool { kill(id, 0) == 0 }

    private static func mosquitto() -> String {
        let places = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto"]
        return places.first { FileManager.default.isExecutableFile(atPath: $0) } ?? places[0]
    }

    private static func write(_ text: String, to file: URL) throws {
        guard
            FileManager.default.createFile(
                atPath: file.path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
        else { throw Failure("\(file.path): cannot be written", code: 2) }
    }

    /// Waits that would be minutes in production are seconds here; nothing else differs from a real set-up.
    private static func configuration(brokerPort: Int) -> String {
        """
        agent: { id: ima-demo }
        broker: { url: "mqtt://127.0.0.1:\(brokerPort)" }
        trust:
          - { source: "\(source)", jwks: dps-demo.jwks.json }
        signing: { key: ima.pem, kid: ima-demo }
        inventory: [site.yaml]
        journal: ima.sqlite
        enforcement: { hold_down: 2s, step: 25%, every: 1s, report_after: 5s }
        http: 127.0.0.1:0
        control: ima.sock
        """
    }
}
