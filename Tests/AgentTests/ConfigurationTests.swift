import Inventory
import JOSE
import OpenSSL
import PowerEvents
import Redfish
import Settings
import Shedding
import StrictJSON
import TestSupport
import Testing

@testable import Agent

struct ConfigurationTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        let key = try SigningKey(PrivateKey.generate(.p256), keyID: "k")
        try folder.write(key.privateKey.pem(), to: "ima.pem")
        try folder.write(JWKSet([key.jwk()]).json().text, to: "dps.json")
        try folder.write("secret", to: "password")
        try folder.write(
            """
            credentials: { bmc: { username: ima, password_file: password } }
            defaults: { bmc: { credentials: bmc, tls: { verify: false } } }
            nodes: [{ id: n1, bmc: "https://10.0.0.1" }]
            """, to: "site.yaml")
    }

    static let good = """
        agent: { id: ima-prod }
        broker: { url: "mqtt://127.0.0.1:1883" }
        trust: [{ source: //grid/v1/poweragent/dps-prod, jwks: dps.json }]
        signing: { key: ima.pem, kid: k }
        inventory: [site.yaml]
        journal: ima.sqlite

        """

    private func load(_ text: String) throws -> AgentConfiguration {
        try ConfigurationReader.load(folder.write(text, to: "ima.yaml"), environment: [:])
    }

    private func problems(_ text: String) throws -> [Problem] {
        try #require(throws: Problems.self) { try load(text) }.all
    }

    @Test func aSmallFileIsEnough() throws {
        let configuration = try load(Self.good)
        #expect(configuration.agentID == "ima-prod")
        #expect(configuration.mode == .enforce)
        #expect(configuration.policy.holdDown == .seconds(30))
        #expect(configuration.journal == folder.path("ima.sqlite"))
        #expect(configuration.site.order == ["n1"])
    }

    @Test func everySettingIsRead() throws {
        let configuration = try load(
            Self.good + """
                mode: observe
                enforcement:
                  { max_age: 1h, deadline: 60s, report_after: 5s, republish_every: 50s, max_event_bytes: 64KiB, straggler_grace: 1s,
                    pace: eager, hold_down: 10s, step: 20%, every: 2s, on_drift: restore, watch_every: 15s, reassert_limit: 2,
                    max_hold: 12h, max_suspended: 5%, max_unreachable: 40%, power_cap_default: 70%, throttle: { power: 50% },
                    suspend: [GracefulShutdown, ForceOff] }
                redfish: { workers: 2, connections_per_bmc: 1, max_in_flight: 100, connect_timeout: 2s, request_timeout: 9s, retries: 1, patrol_every: 0 }
                http: "[::1]:9660"
                control: ima.sock
                """)
        #expect(configuration.mode == .observe)
        #expect(configuration.policy.step == .percent(20))
        #expect(configuration.policy.throttlePower == .percent(50))
        #expect(configuration.policy.suspend == [.gracefulShutdown, .forceOff])
        #expect(configuration.policy.retries == 1)
        #expect(configuration.policy.onDrift == .restore)
        #expect(configuration.redfish.requestTimeout == .seconds(9))
        #expect(configuration.http == .init(host: "::1", port: 9660))
    }

    @Test func tenMistakesAreNamedInOneRun() throws {
        let text = """
            agent: { id: ima.prod }
            broker: { url: "tcp://127.0.0.1", qos: 3 }
            trust: [{ source: //grid/v1/infra/dps, jwks: missing.json }]
            signing: { key: dps.json, kid: "" }
            inventory: [site.yaml, nowhere.yaml]
            journal:
            mode: maybe
            enforcement: { hold_down: 30, step: 0%, suspend: [Explode], paces: auto }
            http: 9660

            """
        let found = try problems(text)
        let lines = Set(found.filter { $0.file.hasSuffix("ima.yaml") }.compactMap(\.line))
        #expect(lines.isSuperset(of: [1, 2, 3, 4, 7, 8, 9]))
        #expect(found.count >= 10)
        #expect(found.contains { $0.key == "journal" && $0.message == "is missing" })
        #expect(found.contains { $0.file.hasSuffix("nowhere.yaml") })
        #expect(found.contains { $0.message.contains("did you mean pace") })
    }

    @Test func plainMQTTIsForLoopbackUnlessWrittenOut() throws {
        let far = Self.good.replacing("127.0.0.1:1883", with: "bus.example.com")
        #expect(try problems(far).count == 1)
        let written = far.replacing(
            "\"mqtt://bus.example.com\"", with: "\"mqtt://bus.example.com\", allow_plaintext: true")
        #expect(throws: Never.self) { try load(written) }
        #expect(try problems(Self.good.replacing("mqtt://127", with: "mqtts://127")).count == 1)
    }

    @Test func aMissingFileIsOneLine() throws {
        let problems = try #require(throws: Problems.self) {
            try ConfigurationReader.load(folder.path("none.yaml"), environment: [:])
        }
        #expect(problems.description == "\(folder.path("none.yaml")): cannot be read: no such file")
    }
}
