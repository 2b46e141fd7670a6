import CommandLineTool
import EventBus
import FleetSimulator
import Foundation
import GridSimulator
import Inventory
import JOSE
import OpenSSL
import PowerEvents
import Settings
import Site
import StrictJSON

/// Everything that the loop runs on: keys, files, a broker, a fleet with physics, the agent, a power agent and ISVs.
final class LoopStage: Sendable {
    /// Keys, configurations and logs, which go away.
    private let work: URL
    let scenario: LoopScenario
    let site: Site
    let fleet: SimulatedFleet
    let brokerPort: Int
    let keys: JWKSet
    /// What waits and lags are divided by.
    let pace: Double
    let children: ChildProcesses
    private let control: FleetControl

    static let ima = EventSource(role: .infra, identifier: "ima-loop")
    static let isv = EventSource(role: .isv, identifier: "isv-loop")

    init(scenario: LoopScenario, output: URL, pace: Double) throws {
        self.scenario = scenario
        self.pace = pace
        work = output.appendingPathComponent("work-\(getpid())")
        try FileManager.default.createDirectory(
            at: work, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        children = ChildProcesses(logsIn: work)
        brokerPort = try FreePort.find(on: "127.0.0.1")
        guard let text = try? String(contentsOfFile: scenario.inventory, encoding: .utf8) else {
            throw Failure("\(scenario.inventory): the inventory cannot be read", code: 2)
        }
        let bmcPort = try FreePort.find(on: "127.77.0.1")
        let path = work.appendingPathComponent("site.yaml")
        try PrivateFile.write(text.replacing(":8443", with: ":\(bmcPort)"), to: path)
        try PrivateFile.write(
            RandomBytes.draw(12).map { String($0, radix: 16) }.joined(), to: work.appendingPathComponent("bmc-password")
        )
        let problems = ProblemCollector()
        site = SiteReader.load([path.path], environment: [:], problems: problems, checksFiles: false)
        try problems.throwIfAny()
        for feed in scenario.feeds where !site.resources.values.contains(where: { $0.feeds?.contains(feed) == true }) {
            throw Failure("\(scenario.inventory): nothing in it is fed by \(feed)", code: 2)
        }
        fleet = try SimulatedFleet(site: site)
        control = FleetControl(fleet)
        var all: [JWK] = []
        for name in ["ima", "power-agent", "isv"] {
            let key = try SigningKey(PrivateKey.generate(.p256), keyID: "\(name)-loop")
            try PrivateFile.write(key.privateKey.pem(), to: work.appendingPathComponent("\(name).pem"))
            try PrivateFile.write(JWKSet([key.jwk()]).json().text, to: work.appendingPathComponent("\(name).jwks.json"))
            all.append(try key.jwk())
        }
        keys = try JWKSet(all)
        // Public keys: nobody is kept from reading them.
        try Data((keys.json().text + "\n").utf8).write(to: output.appendingPathComponent("keys.json"))
    }

    var bus: BusOptions {
        get throws {
            guard let address = BrokerAddress("mqtt://127.0.0.1:\(brokerPort)") else { throw Failure("no broker") }
            return BusOptions(address: address, clientID: "")
        }
    }

    func path(_ name: String) -> String { work.appendingPathComponent(name).path }

    /// A time of the scenario, in this run.
    func paced(_ duration: Duration) -> Duration { duration / pace }

    private func text(_ seconds: Double) -> String { "\(max(20, Int(seconds * 1000 / pace)))ms" }

    // MARK: Beginning and end

    /// Starts the fleet and the broker.
    func startGround() async throws {
        for bmc in fleet.bmcs {
            bmc.work { draw, _ in draw.lag = 2 / pace }
        }
        try await fleet.start(authority: FleetAuthority.prepare(for: site))
        let port = try await control.start(host: "127.0.0.1", port: 0)
        try PrivateFile.write(LoopFiles.ima(self, hold: text), to: work.appendingPathComponent("ima.yaml"))
        try writePowerAgent(scenario.player, controlPort: port)
        try PrivateFile.write("\(port)", to: work.appendingPathComponent("control-port"))
        try PrivateFile.write(
            """
            listener \(brokerPort) 127.0.0.1
            allow_anonymous true
            persistence true
            persistence_location \(work.path)/
            autosave_on_changes true
            autosave_interval 1
            user \(NSUserName())

            """, to: work.appendingPathComponent("mosquitto.conf"))
        try await startBroker()
    }

    private func writePowerAgent(_ player: LoopScenario.Player, controlPort: Int) throws {
        try PrivateFile.write(
            LoopFiles.powerAgent(self, player, controlPort: controlPort, time: text),
            to: work.appendingPathComponent("power-agent.yaml"))
    }

    /// Another power agent from the next start on.
    func play(_ player: LoopScenario.Player) throws {
        guard let text = try? String(contentsOfFile: path("control-port"), encoding: .utf8), let port = Int(text) else {
            throw Failure("the fleet's port is not known")
        }
        try writePowerAgent(player, controlPort: port)
    }

    func startBroker() async throws {
        try children.launch("mosquitto", ChildProcesses.mosquitto, ["-c", path("mosquitto.conf")])
        for _ in 0..<400 {
            if !FreePort.isFree(brokerPort) { return }
            try await Task.sleep(for: .milliseconds(25))
        }
        throw Failure("mosquitto does not listen: \(children.lastWords(of: "mosquitto"))")
    }

    /// Starts a program and waits until it listens.
    func start(_ program: LoopScenario.Program) async throws {
        let ready: String
        let before = children.logLength(of: program.rawValue)
        switch program {
        case .ima:
            try children.launch("ima", ChildProcesses.sibling("ima"), ["run", "--config", path("ima.yaml")])
            ready = "subscribed to alert topics"
        case .powerAgent:
            try children.launch(
                "power-agent", ChildProcesses.sibling("gridsim"), ["power-agent", "--config", path("power-agent.yaml")])
            ready = "subscribed to load targets"
        }
        for _ in 0..<1200 {
            if children.log(of: program.rawValue, after: before).contains(ready) { return }
            if let name = children.firstEnded { throw Failure("\(name) ended: \(children.lastWords(of: name))") }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Failure("\(program.rawValue) did not get ready: \(children.lastWords(of: program.rawValue))")
    }

    /// Ends every process that was started here, and removes what only they needed.
    func tearDown() async {
        await children.endAll()
        await control.stop()
        await fleet.stop()
        try? FileManager.default.removeItem(at: work)
    }
}
