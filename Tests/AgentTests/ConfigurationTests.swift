import Foundation
import JOSE
import OpenSSL
import PowerEvents
import Redfish
import Settings
import Shedding
import Site
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
                    suspend: [GracefulShutdown, ForceOff], split: ordered, settle_time: 20s, meter_every: 5s,
                    max_rate: 500kW/min, answer_foreign: false }
                redfish: { workers: 2, connections_per_bmc: 1, max_in_flight: 100, connect_timeout: 2s, request_timeout: 9s, retries: 1, patrol_every: 0 }
                http: "[::1]:9660"
                control: ima.sock
                log: { format: json }
                """)
        #expect(configuration.mode == .observe)
        #expect(configuration.policy.step == .percent(20))
        #expect(configuration.policy.throttlePower == .percent(50))
        #expect(configuration.policy.suspend == [.gracefulShutdown, .forceOff])
        #expect(configuration.policy.retries == 1)
        #expect(configuration.policy.split == .ordered)
        #expect(configuration.policy.settleTime == .seconds(20))
        #expect(configuration.policy.meterEvery == .seconds(5))
        #expect(configuration.policy.maxRate?.description == "500 kW/min")
        #expect(configuration.policy.answersForeign == false)
        #expect(configuration.policy.onDrift == .restore)
        #expect(configuration.redfish.requestTimeout == .seconds(9))
        #expect(configuration.http == .init(host: "::1", port: 9660))
        #expect(configuration.logFormat == .json)
    }

    @Test func budgetsHaveDefaults() throws {
        let policy = try load(Self.good + "enforcement: { max_rate: none }").policy
        #expect(policy == (try load(Self.good).policy))
        #expect(policy.split == .proportional)
        #expect(policy.settleTime == .seconds(10))
        #expect(policy.meterEvery == .seconds(10))
        #expect(policy.maxRate == nil)
        #expect(policy.answersForeign)
    }

    @Test(arguments: [
        ("split: even", "split"), ("settle_time: 10", "settle_time"), ("meter_every: 0s", "meter_every"),
        ("max_rate: 500kW", "max_rate"), ("max_rate: 0kW/s", "max_rate"), ("answer_foreign: perhaps", "answer_foreign"),
    ])
    func mistakesOfBudgetsAreNamed(rule: String, key: String) throws {
        #expect(try problems(Self.good + "enforcement: { \(rule) }").map(\.key) == ["enforcement.\(key)"])
    }

    /// An order without `split: ordered`, and the other way round.
    @Test func aShedOrderThatCanNeverMatterIsWarnedOf() throws {
        func warnings(_ text: String) throws -> [String] {
            try load(text).warnings.filter { $0.message.contains("never matter") }.map(\.message)
        }
        let ordered = Self.good + "enforcement: { split: ordered }"
        #expect(try warnings(Self.good) == [])
        #expect(try warnings(ordered) == ["split: ordered can never matter: no resource has a shed_order"])
        try folder.write(
            """
            credentials: { bmc: { username: ima, password_file: password } }
            defaults: { bmc: { credentials: bmc, tls: { verify: false } } }
            nodes: [{ id: "n[1-3]", bmc: "https://10.0.0.[1-3]", shed_order: 1 }]
            """, to: "site.yaml")
        #expect(try warnings(ordered) == [])
        #expect(
            try warnings(Self.good) == ["the shed_order of n1 and 2 more can never matter: it needs split: ordered"])
    }

    @Test(arguments: [
        ("pace: eager, straggler_grace: 3s", "straggler_grace"), ("step: 100%, every: 9s", "every"),
        ("deadline: 30s, report_after: 30s", "report_after"), ("max_suspended: 0%, suspend: [Pause]", "suspend"),
    ])
    func keysThatOthersLeaveWithoutAMeaningAreWarnedOf(rules: String, key: String) throws {
        func warned(_ rules: String) throws -> [String] {
            try load(Self.good + "enforcement: { \(rules) }\n").warnings.filter { $0.message.contains("never matter") }
                .map(\.key)
        }
        #expect(try warned(rules) == ["enforcement.\(key)"])
        // Each by itself has one.
        for rule in rules.split(separator: ", ") { #expect(try warned(String(rule)) == []) }
    }

    @Test func filesThatEverybodyMayChangeAreWarnedOf() throws {
        for name in ["dps.json", "site.yaml"] {
            #expect(chmod(folder.path(name), 0o666) == 0)
            let found = try load(Self.good).warnings.filter { $0.message.contains("chmod o-w") }
            #expect(found.count == 1 && found.first?.message.contains("\(name): has mode 0666") == true)
            #expect(found.first?.line != nil)
            #expect(chmod(folder.path(name), 0o664) == 0)
        }
        #expect(try load(Self.good).warnings.allSatisfy { !$0.message.contains("chmod") })
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
        #expect(found.contains { $0.key == "journal" && $0.message.hasPrefix("has no value") })
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

    /// Each is one clear line, at the right key.
    @Test(arguments: [
        ("url: \"mqtt://127.0.0.1:1883\"", "url: \"mqtt://127.evil.example.com\"", "broker.url"),
        ("url: \"mqtt://127.0.0.1:1883\"", "url: \"mqtt://localhost.evil.example\"", "broker.url"),
        ("url: \"mqtt://127.0.0.1:1883\"", "url: \"mqtt://127.0.0.1:99999\"", "broker.url"),
        ("url: \"mqtt://127.0.0.1:1883\"", "url: \"mqtts://bus\", tls: { ca: empty.pem }", "broker.tls.ca"),
        ("url: \"mqtt://127.0.0.1:1883\"", "url: \"mqtts://bus\", tls: { ca: junk.pem }", "broker.tls.ca"),
        ("url: \"mqtt://127.0.0.1:1883\"", "url: \"mqtts://bus\", tls: { ca: ima.pem }", "broker.tls.ca"),
        ("url: \"mqtt://127.0.0.1:1883\"", "url: \"mqtts://bus\", tls: { ca: . }", "broker.tls.ca"),
        (
            "url: \"mqtt://127.0.0.1:1883\"",
            "url: \"mqtts://bus\", tls: { ca: ca.pem, certificate: one.pem, key: two.key }", "broker.tls.certificate"
        ),
        (
            "url: \"mqtt://127.0.0.1:1883\"",
            "url: \"mqtts://bus\", tls: { ca: ca.pem, certificate: junk.pem, key: two.key }", "broker.tls.certificate"
        ),
        (
            "url: \"mqtt://127.0.0.1:1883\"",
            "url: \"mqtt://127.0.0.1\", oauth2: { token_url: \"http://127.0.0.1.evil.example/t\", client_id: a, "
                + "client_secret_file: password }", "broker.oauth2.token_url"
        ),
        ("journal: ima.sqlite", "journal: nowhere/ima.sqlite", "journal"),
        ("journal: ima.sqlite", "journal: .", "journal"),
        ("journal: ima.sqlite", "journal: junk.pem", "journal"),
        ("journal: ima.sqlite", "journal: /dev/null", "journal"),
        ("journal: ima.sqlite", "journal: ima.sqlite\ncontrol: nowhere/ima.sock", "control"),
        (
            "journal: ima.sqlite",
            "journal: ima.sqlite\ncontrol: \(String(repeating: "x", count: 110))", "control"
        ),
        ("journal: ima.sqlite", "journal: ima.sqlite\nhttp: 10.0.0.300:80", "http"),
        ("journal: ima.sqlite", "journal: ima.sqlite\nhttp: \":9660\"", "http"),
        ("journal: ima.sqlite", "journal: ima.sqlite\nhttp: 127.0.0.1:99999", "http"),
        ("jwks: dps.json", "jwks: empty.pem", "trust[0].jwks"),
        ("jwks: dps.json", "jwks: password", "trust[0].jwks"),
        ("journal: ima.sqlite", "journal: ima.sqlite\nmode:", "mode"),
        ("journal: ima.sqlite", "journal: ima.sqlite\nenforcement:\n  # hold_down: 30s", "enforcement"),
        ("jwks: dps.json", "jwks: ", "trust[0].jwks"),
        ("mqtt://127.0.0.1:1883\"", "mqtts://bus.example.com\", tls: ", "broker.tls"),
        ("jwks: dps.json", "jwks: .", "trust[0].jwks"),
    ])
    func whatCannotWorkIsRefused(good: String, bad: String, key: String) throws {
        try writeCertificates()
        let found = try problems(Self.good.replacing(good, with: bad))
        #expect(found.map(\.key) == [key])
        #expect(found.allSatisfy { $0.line != nil && !$0.message.contains("\n") })
    }

    @Test func whatCanWorkIsNotRefused() throws {
        try writeCertificates()
        let tls = Self.good.replacing(
            "\"mqtt://127.0.0.1:1883\"",
            with: "\"mqtts://bus\", tls: { ca: ca.pem, certificate: one.pem, key: one.key }")
        #expect(try load(tls).warnings.map(\.key) == ["defaults.bmc.tls.verify"])
        // Commands that run no agent may be used where it could not.
        let elsewhere = try folder.write(
            Self.good.replacing("ima.sqlite", with: "/nowhere/ima.sqlite"), to: "ima.yaml")
        #expect(throws: Never.self) {
            try ConfigurationReader.load(elsewhere, environment: [:], checksPlaces: false)
        }
    }

    private func writeCertificates() throws {
        let authority = try CertificateAuthority(name: "test")
        try folder.write(authority.certificatePEM, to: "ca.pem")
        for name in ["one", "two"] {
            let identity = try authority.issue(to: .init(commonName: name))
            try folder.write(identity.certificatePEM, to: "\(name).pem")
            try folder.write(identity.keyPEM, to: "\(name).key")
        }
        try folder.write("", to: "empty.pem")
        try folder.write("junk", to: "junk.pem")
        try folder.write(#"{"keys":[{"kty":"OKP","kid":"ed","crv":"Ed25519","x":"AA"}]}"#, to: "weak.json")
    }

    /// The documented way to revoke all keys of a source; other sources must not pay for it.
    @Test(arguments: [#"{"keys":[]}"#, #"{"keys":[{"kty":"OKP","kid":"ed","crv":"Ed25519","x":"AA"}]}"#])
    func aSetWithoutAKeyIsAWarning(set: String) throws {
        try folder.write(set, to: "none.json")
        let other = "trust: [{ source: //grid/v1/poweragent/b, jwks: none.json }, { source"
        let configuration = try load(Self.good.replacing("trust: [{ source", with: other))
        let place = "\(folder.path("ima.yaml")):3: trust[0].jwks: \(folder.path("none.json"))"
        #expect(
            configuration.warnings.map(\.description).contains(
                "\(place): holds no key that can be used: nothing that //grid/v1/poweragent/b signs is believed"),
            "\(configuration.warnings)")
        _ = try TrustStore(configuration.trust, logger: TrustStoreTests.quiet)
        // Of two files of one source, the other still counts.
        let both = "trust: [{ source: //grid/v1/poweragent/dps-prod, jwks: none.json }, { source"
        let warnings = try load(Self.good.replacing("trust: [{ source", with: both)).warnings.map(\.description)
        #expect(warnings.contains("\(place): holds no key that can be used"), "\(warnings)")
    }

    @Test func warningsRefuseNothing() throws {
        try folder.write(
            JWKSet([SigningKey(PrivateKey.generate(.p256), keyID: "k2").jwk()]).json().text.replacing(
                "\"keys\":[", with: "\"keys\":[{\"kty\":\"OKP\",\"kid\":\"ed\"},"), to: "dps.json")
        let configuration = try load(
            Self.good.replacing("jwks: dps.json", with: "jwks: dps.json, allow_unsigned: true")
                .replacing("\"mqtt://127.0.0.1:1883\"", with: "\"mqtt://bus\", allow_plaintext: true")
                + "http: 0.0.0.0:9660\n")
        #expect(
            configuration.warnings.map(\.key).sorted() == [
                "broker.url", "defaults.bmc.tls.verify", "http", "trust[0].allow_unsigned", "trust[0].jwks",
            ])
        #expect(configuration.warnings.allSatisfy { $0.line != nil })
    }

    @Test func oneSourceMayHaveSeveralFilesWhoseKeysAgree() throws {
        let other = try SigningKey(PrivateKey.generate(.p256), keyID: "other")
        try folder.write(JWKSet([other.jwk()]).json().text, to: "more.json")
        let two = Self.good.replacing(
            "jwks: dps.json }", with: "jwks: dps.json }, { source: //grid/v1/poweragent/dps-prod, jwks: more.json }")
        #expect(try load(two).trust.count == 2)
        let conflicting = try SigningKey(PrivateKey.generate(.p256), keyID: "k")
        try folder.write(JWKSet([conflicting.jwk()]).json().text, to: "more.json")
        let found = try problems(two)
        #expect(found.map(\.key) == ["trust[1].jwks"])
        #expect(found.first?.message.contains("another one in \(folder.path("dps.json"))") == true)
        // The same name of a key is another key's with another source.
        #expect(throws: Never.self) {
            try load(two.replacing("poweragent/dps-prod, jwks: more", with: "poweragent/b, jwks: more"))
        }
    }

    @Test func theControlSocketMayBelongToAGroup() throws {
        #expect(try load(Self.good + "control: ima.sock\n").control == .init(path: folder.path("ima.sock")))
        let group = try load(Self.good + "control: { path: ima.sock, group: root }\n").control
        #expect(group == .init(path: folder.path("ima.sock"), group: "root", groupID: 0))
        let unknown = try problems(Self.good + "control: { path: ima.sock, group: nobody-has-this }\n")
        #expect(unknown.map(\.key) == ["control.group"])
        #expect(try problems(Self.good + "control: { group: root }\n").map(\.key) == ["control.path"])
    }

    /// The kill switch works with a configuration that does not.
    @Test(arguments: [
        "control: ima.sock\n", "control: { path: ima.sock, group: nobody-has-this }\nagent: 7\n",
        "agent: [1, 2\nb: }\ncontrol: ima.sock\n", "control:\n  path: ima.sock\nbroker: {{{\n",
        "enforcement: { hold_down: maybe }\ncontrol: ima.sock # the socket\n",
    ])
    func aBrokenFileStillNamesItsSocket(text: String) throws {
        let path = try folder.write(text, to: "broken.yaml")
        #expect(ControlSocketReader.path(inBroken: path, environment: [:]) == folder.path("ima.sock"))
        #expect(ControlSocketReader.path(inBroken: folder.path("none.yaml"), environment: [:]) == nil)
    }

    @Test func aMissingFileIsOneLine() throws {
        let problems = try #require(throws: Problems.self) {
            try ConfigurationReader.load(folder.path("none.yaml"), environment: [:])
        }
        #expect(problems.description == "\(folder.path("none.yaml")): cannot be read: no such file")
    }
}
