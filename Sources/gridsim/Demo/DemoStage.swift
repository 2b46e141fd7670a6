import CommandLineTool
import EventBus
import FleetSimulator
import Foundation
import Inventory
import JOSE
import OpenSSL
import PowerEvents
import Settings
import Site
import StrictJSON

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
    let children: ChildProcesses

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
        try PrivateFile.write(
            text.replacing(":8443", with: ":\(bmcPort)"), to: folder.appendingPathComponent("site.yaml"))
        try PrivateFile.write(password, to: folder.appendingPathComponent("bmc-password"))
        let problems = ProblemCollector()
        site = SiteReader.load(
            [folder.appendingPathComponent("site.yaml").path], environment: [:], problems: problems, checksFiles: false)
        try problems.throwIfAny()
        fleet = try SimulatedFleet(site: site)

        let agentKey = try SigningKey(PrivateKey.generate(.p256), keyID: "ima-demo")
        powerAgentKey = try SigningKey(PrivateKey.generate(.p256), keyID: "dps-demo")
        agentKeys = try JWKSet([agentKey.jwk()])
        try PrivateFile.write(agentKey.privateKey.pem(), to: folder.appendingPathComponent("ima.pem"))
        try PrivateFile.write(
            JWKSet([powerAgentKey.jwk()]).json().text, to: folder.appendingPathComponent("dps-demo.jwks.json"))
        try PrivateFile.write(Self.configuration(brokerPort: brokerPort), to: folder.appendingPathComponent("ima.yaml"))
        children = ChildProcesses(logsIn: folder)
    }

    var bus: BusOptions {
        get throws {
            guard let address = BrokerAddress("mqtt://127.0.0.1:\(brokerPort)") else { throw Failure("no broker") }
            return BusOptions(address: address, clientID: "")
        }
    }

    /// A connection that listens.
    func options(topics: [String]) throws -> BusOptions {
        var options = try bus
        options.topics = topics
        return options
    }

    /// What an operator's command prints, its errors included.
    ///
    /// - Parameter agent: whose socket is asked
    func ask(_ command: String, _ arguments: [String], of agent: String = "ima") -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: ChildProcesses.sibling("ima"))
        // A command of its own stands before its options.
        let isGroup = command == "standby"
        process.arguments =
            [command] + arguments.prefix(isGroup ? 1 : 0)
            + ["--socket", folder.appendingPathComponent("\(agent).sock").path] + arguments.dropFirst(isGroup ? 1 : 0)
        let pipe = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        process.standardError = pipe
        guard (try? process.run()) != nil else { return "" }
        let output = (try? pipe.fileHandleForReading.readToEnd()) ?? Data()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self)
    }

    /// Starts the fleet, the broker and the agent, and waits until the agent listens.
    func start() async throws {
        try await startSurroundings()
        try startAgent("ima")
        for _ in 0..<200 {
            if agentLog.contains("subscribed to alert topics") { return }
            if let name = children.firstEnded { throw Failure("\(name) ended: \(children.lastWords(of: name))") }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Failure("the agent did not get ready: \(lastWords)")
    }

    /// The fleet and the broker.
    func startSurroundings() async throws {
        try await fleet.start(authority: FleetAuthority.prepare(for: site))
        try PrivateFile.write(
            "listener \(brokerPort) 127.0.0.1\nallow_anonymous true\n",
            to: folder.appendingPathComponent("mosquitto.conf"))
        try children.launch(
            "mosquitto", ChildProcesses.mosquitto, ["-c", folder.appendingPathComponent("mosquitto.conf").path])
    }

    /// - Parameter name: of its files
    func startAgent(_ name: String) throws {
        try children.launch(
            name, ChildProcesses.sibling("ima"),
            ["run", "--config", folder.appendingPathComponent("\(name).yaml").path])
    }

    /// Ends every process that was started here, and removes the folder.
    func tearDown() async {
        await children.endAll()
        await fleet.stop()
        try? FileManager.default.removeItem(at: folder)
    }

    var agentLog: String { children.log(of: "ima") }

    var lastWords: String {
        (["ima"] + Self.pair).map { children.lastWords(of: $0) }.filter { !$0.isEmpty }.joined(separator: "\n")
    }

    /// Waits that would be minutes in production are seconds here; nothing else differs from a real set-up.
    static func configuration(brokerPort: Int) -> String {
        """
        agent: { id: ima-demo }
        broker: { url: "mqtt://127.0.0.1:\(brokerPort)" }
        trust:
          - { source: "\(source)", jwks: dps-demo.jwks.json }
        signing: { key: ima.pem, kid: ima-demo }
        inventory: [site.yaml]
        journal: ima.sqlite
        enforcement: { hold_down: 2s, step: 25%, every: 1s, report_after: 5s, watch_every: 5s }
        redfish: { patrol_every: 5s, longest_write: 5s }
        http: 127.0.0.1:0
        control: ima.sock
        """
    }
}
