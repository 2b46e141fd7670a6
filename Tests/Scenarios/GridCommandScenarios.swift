import EventBus
import FleetSimulator
import Foundation
import JOSE
import Mosquitto
import OpenSSL
import PowerEvents
import StrictJSON
import Synchronization
import TestSupport
import Testing

/// The commands of the other roles, one by one, on a broker of their own.
@Suite(.serialized)
struct GridCommandScenarios {
    private let folder: TemporaryFolder
    private let broker: TestBroker
    private let source = "//grid/v1/isv/acme"

    init() async throws {
        folder = try TemporaryFolder()
        broker = try await TestBroker()
        for name in ["isv", "agent"] {
            let key = try SigningKey(PrivateKey.generate(.p256), keyID: name)
            try folder.write(key.privateKey.pem(), to: "\(name).pem")
            try folder.write(JWKSet([key.jwk()]).json().text, to: "\(name).jwks.json")
        }
    }

    private final class Messages: Sendable {
        let all = Mutex<[(topic: String, payload: [UInt8], qos: Int)]>([])
        func payloads(_ end: String) -> [JSONValue] {
            all.withLock { $0 }.filter { $0.topic.hasSuffix(end) }.compactMap { message in
                guard let event = try? CloudEvent(decoding: message.payload), case .signed(let token) = event.data,
                    let bytes = JWS.unverifiedPayload(token)
                else { return nil }
                return try? JSONValue(parsing: bytes)
            }
        }
    }

    private func listen(_ messages: Messages) async throws -> BusConnection {
        var options = BusOptions(address: try broker.address, clientID: "", topics: ["grid/v1/#"])
        options.subscribeQoS = 2
        let bus = try BusConnection(
            options, logger: Stage.quiet,
            onMessage: { message in
                messages.all.withLock { $0.append((message.topic, message.payload, message.qos)) }
                return true
            })
        bus.start()
        #expect(try await eventually { bus.isConnected })
        return bus
    }

    private func signer(_ name: String, _ source: String) throws -> [String] {
        [
            "--broker", "\(try broker.address)", "--source", source, "--key", folder.path("\(name).pem"), "--kid", name,
        ]
    }

    private func gridsim(_ arguments: [String]) throws -> (status: Int32, output: String, errors: String) {
        try ChildProcess.run(Stage.programs.appendingPathComponent("gridsim").path, arguments)
    }

    @Test(.timeLimit(.minutes(1))) func singleEventsSayWhatTheyWereToldTo() async throws {
        let messages = Messages()
        let bus = try await listen(messages)
        defer { bus.stop() }
        let agent = try signer("agent", "//grid/v1/poweragent/dps")
        #expect(try gridsim(["powerstate"] + agent + ["--feed", "a"]).status != 0, "nothing is made up")
        let state = try gridsim(
            ["powerstate"] + agent + [
                "--feed", "a", "--load", "812.5kW", "--minimum", "200kW", "--maximum", "1.2MW", "--event",
                "end_ramp_down",
            ])
        #expect(state.status == 0, "\(state.errors)")
        let target = try gridsim(
            ["loadtarget"] + signer("isv", source) + [
                "--feed", "a", "--target", "900kW", "--start", "10m", "--end", "1h",
            ])
        #expect(target.status == 0, "\(target.errors)")
        #expect(try await eventually { messages.all.withLock { $0.count } == 2 })
        let feed = messages.payloads("powerstate/status").first?["feeds", "a"]
        #expect(
            feed?["calculated_load"] == [
                "value": JSONValue.number(try #require(JSONNumber(812.5))), "unit": "kilowatt",
            ])
        #expect(
            feed?["metadata", "power_maximum"] == [
                "value": JSONValue.number(try #require(JSONNumber(1.2))), "unit": "megawatt",
            ])
        let set = try LoadTargetSet(json: try #require(messages.payloads("loadtarget/set").first))
        let interval = try #require(set.targets.first?.interval)
        #expect(try #require(interval.end) - #require(interval.start) == .seconds(3600))
        await broker.stop()
    }

    /// A power agent of nobody's, with a meter that nobody answers for.
    @Test(.timeLimit(.minutes(2))) func aPowerAgentTakesEachTargetOnceAndAnISVWaitsInVain() async throws {
        let messages = Messages()
        let bus = try await listen(messages)
        defer { bus.stop() }
        try folder.write(
            """
            chassis: [{ id: rack, feeds: [a, b] }]
            credentials: { bmc: { username: u, password: "${HOME}" } }
            nodes: [{ id: n1, bmc: { url: "https://127.0.0.1:1", credentials: bmc }, chassis: rack }]
            """, to: "site.yaml")
        try folder.write(
            """
            agent: { source: //grid/v1/dsx-flex-agent/flex }
            broker: { url: "\(try broker.address)" }
            signing: { key: agent.pem, kid: agent }
            trust: [{ source: "\(source)", jwks: isv.jwks.json }]
            feeds:
              a: { minimum: 1kW, maximum: 10kW, default_constraint: 9kW }
              b: { minimum: 1kW, maximum: 10kW, default_constraint: 9kW }
            inventory: [site.yaml]
            meter: { url: "http://127.0.0.1:\(try FreePort.find())/meters", every: 100ms }
            state: state.json
            timing: { heartbeat: 500ms }
            """, to: "agent.yaml")
        let check = try gridsim(["power-agent", "--check", "--config", folder.path("agent.yaml")])
        #expect(check.status == 0, "\(check.errors)")
        let path = Stage.programs.appendingPathComponent("gridsim").path
        func start() throws -> ChildProcess {
            try ChildProcess(
                path, ["power-agent", "--config", folder.path("agent.yaml")], log: folder.path("agent.log"))
        }
        var agent = try start()
        #expect(try await eventually { folder.read("agent.log").contains("subscribed to load targets") })
        let isv = try gridsim(
            ["isv"] + signer("isv", source) + [
                "--target", "a=5kW", "--within", "3s", "--json", "--trust",
                "//grid/v1/dsx-flex-agent/flex=\(folder.path("agent.jwks.json"))",
            ])
        // Nobody measures, so nobody can say that it complies.
        #expect(isv.status == 1, "\(isv.output)\(isv.errors)")
        #expect(isv.output.contains("\"met\":false"))
        func events() -> [String] {
            messages.payloads("powerstate/status").compactMap { $0["feeds", "a", "event"]?.string }
        }
        #expect(events().contains("target_set") && events().contains("start_ramp_down"))
        let told = messages.all.withLock { $0 }.first { $0.topic.hasSuffix("loadtarget/set") }
        let captured = try #require(told)
        #expect(captured.qos == 1)
        // The same message again, and after a restart.
        for restarts in [false, true] {
            if restarts {
                await agent.end()
                try folder.write("", to: "agent.log")
                agent = try start()
                #expect(try await eventually { folder.read("agent.log").contains("subscribed to load targets") })
            }
            try await bus.publish(topic: captured.topic, payload: captured.payload, qos: 1)
            #expect(
                try await eventually { folder.read("agent.log").contains("came before") }, "\(folder.read("agent.log"))"
            )
        }
        #expect(events().count { $0 == "target_set" } == 1)
        let last = messages.payloads("powerstate/status").last
        #expect(
            last?["feeds", "a", "targets"]?.array?.count == 1 && last?["feeds", "b", "targets"]?.array?.isEmpty == true)
        #expect(last?["event"] == nil, "the later revision has it in each feed")
        await agent.end()
        await broker.stop()
    }

    @Test(.timeLimit(.minutes(1))) func aWatchOfABrokerIsJudged() async throws {
        let keys = folder.path("isv.jwks.json")
        let watch = try ChildProcess(
            Stage.programs.appendingPathComponent("gridsim").path,
            [
                "conform", "--role", "isv", "--broker", "\(try broker.address)", "--jwks", keys, "--for", "60s",
                "--json",
            ],
            log: folder.path("conform.log"))
        // It says nothing before its end, so it is sent more than one, until it must have seen one.
        for _ in 0..<3 {
            try await Task.sleep(for: .seconds(1))
            let target = try gridsim(["loadtarget"] + signer("isv", source) + ["--feed", "a", "--target", "900kW"])
            #expect(target.status == 0)
        }
        watch.send(SIGINT)
        #expect(try await eventually { !watch.isRunning })
        #expect(watch.output.contains("\"conforms\":true"), "\(watch.output)")
        let empty = try gridsim(["conform", "--role", "infra", "--broker", "\(try broker.address)", "--for", "1s"])
        #expect(empty.status == 1 && empty.output.contains("nothing to judge"))
        #expect(try gridsim(["conform", "--rules", "--role", "poweragent"]).output.contains("breach.severity"))
        await broker.stop()
    }
}
