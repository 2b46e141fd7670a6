import Curl
import EventBus
import Foundation
import JOSE
import OpenSSL
import OperatorAPI
import PowerEvents
import Redfish
import Replication
import Shedding
import Site
import StrictJSON
import TestSupport
import Testing

@testable import Agent

/// Every key of the reference is live or needs a restart, and a change of it is told by its name.
struct ConfigurationKeyTests {
    private let folder: TemporaryFolder
    private let configuration: AgentConfiguration

    init() throws {
        folder = try ConfigurationTests().folder
        configuration = try ConfigurationReader.load(
            folder.write(ConfigurationTests.good, to: "ima.yaml"), environment: [:])
    }

    /// The keys that the readers read, spelled as paths.
    private static var read: Set<String> {
        func under(_ section: String, _ keys: [String]) -> [String] { keys.map { "\(section).\($0)" } }
        let sections = [
            "agent": ConfigurationReader.agentKeys, "broker": ConfigurationReader.busKeys,
            "broker.tls": ConfigurationReader.tlsKeys, "broker.oauth2": ConfigurationReader.oauthKeys,
            "trust": TrustReader.keys, "signing": ConfigurationReader.signingKeys,
            "enforcement": EnforcementReader.keys, "enforcement.throttle": EnforcementReader.throttleKeys,
            "redfish": RedfishReader.keys, "limits": LimitsReader.keys, "control": ControlSocketReader.keys,
            "log": ConfigurationReader.logKeys, "standby": StandbyReader.keys, "standby.etcd": StandbyReader.etcdKeys,
            "standby.etcd.tls": ConfigurationReader.tlsKeys,
        ]
        let whole = ConfigurationReader.sections + sections.flatMap { under($0.key, $0.value) }
        return Set(whole).subtracting(sections.keys)
    }

    @Test func everyKeyIsClassified() {
        let known = ConfigurationKey.all.map(\.path)
        #expect(Set(known).count == known.count, "each once")
        #expect(Set(known).subtracting(Self.read).sorted() == [], "classified, and read nowhere")
        #expect(Self.read.subtracting(known).sorted() == [], "read, and classified nowhere")
    }

    /// The commented example that ships shows every key.
    @Test func theExampleShowsEveryKey() throws {
        let example = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("deploy/ima.yaml")
        let text = try String(contentsOf: example, encoding: .utf8)
        let missing = ConfigurationKey.all.map(\.path).filter { path in
            !text.contains("\(path.split(separator: ".").last ?? ""):")
        }
        #expect(missing == [])
    }

    private typealias Change = @Sendable (inout AgentConfiguration) -> Void

    private static let changes: [String: Change] = [
        "agent.id": { $0.agentID = "other" },
        "broker.url": { $0.bus.address = (try? BrokerAddress(checking: "mqtt://127.0.0.1:9")) ?? $0.bus.address },
        "broker.topic_prefix": { $0.bus.topicPrefix = "cpc/1/" },
        "broker.qos": { $0.bus.qos = 0 },
        "broker.tls.ca": { $0.bus.tls = .init(authorities: "a") },
        "broker.tls.certificate": { $0.bus.tls = .init(authorities: "none", certificate: "b") },
        "broker.tls.key": { $0.bus.tls = .init(authorities: "none", key: "c") },
        "broker.token_file": { $0.bus.login = .tokenFile("t") },
        "broker.oauth2.token_url": { $0.bus.login = login(url: "https://other") },
        "broker.oauth2.client_id": { $0.bus.login = login(client: "other") },
        "broker.oauth2.client_secret_file": { $0.bus.login = login(secret: "other") },
        "broker.oauth2.scope": { $0.bus.login = login(scope: "other") },
        "broker.oauth2.ca": { $0.bus.login = login(authorities: "other") },
        "signing.key": { $0.signing.key = .file("other") },
        "signing.kid": { $0.signing.keyID = "other" },
        "signing.module": { $0.signing.key = .token(uri: "pkcs11:a", module: "other") },
        "inventory": { $0.inventoryFiles = ["other"] },
        "journal": { $0.journal = "other" },
        "mode": { $0.mode = .observe },
        "http": { $0.http = .init(host: "::1", port: 1) },
        "control.path": { $0.control = .init(path: "other", group: "ops") },
        "control.group": { $0.control = .init(path: "socket", group: "other") },
        "shutdown_timeout": { $0.shutdownTimeout = .seconds(1) },
        "log.format": { $0.logFormat = .json },
        "standby.etcd.endpoints": { $0.standby?.endpoints = ["https://other:2379"] },
        "standby.etcd.tls.ca": { $0.standby?.tls?.authorities = "other" },
        "standby.etcd.tls.certificate": { $0.standby?.tls?.certificate = "other" },
        "standby.etcd.tls.key": { $0.standby?.tls?.key = "other" },
        "standby.etcd.username": { $0.standby?.login?.username = "other" },
        "standby.etcd.password_file": { $0.standby?.login?.passwordFile = "other" },
        "standby.etcd.prefix": { $0.standby?.prefix = "/other" },
        "standby.site": { $0.standby?.site = "other" },
        "standby.shard": { $0.standby?.shard = "other" },
        "standby.ttl": { $0.standby?.ttl = .seconds(9) },
        "enforcement.max_age": { $0.policy.maxAge = .seconds(1) },
        "enforcement.deadline": { $0.policy.deadline = .seconds(1) },
        "enforcement.report_after": { $0.policy.reportAfter = .seconds(1) },
        "enforcement.republish_every": { $0.policy.republishEvery = .seconds(1) },
        "enforcement.max_event_bytes": { $0.policy.maxEventBytes = 5000 },
        "enforcement.straggler_grace": { $0.policy.stragglerGrace = .seconds(1) },
        "enforcement.pace": { $0.policy.pace = .eager },
        "enforcement.hold_down": { $0.policy.holdDown = .seconds(1) },
        "enforcement.step": { $0.policy.step = .percent(1) },
        "enforcement.every": { $0.policy.every = .seconds(1) },
        "enforcement.on_drift": { $0.policy.onDrift = .restore },
        "enforcement.watch_every": { $0.policy.watchEvery = .seconds(1) },
        "enforcement.reassert_limit": { $0.policy.reassertLimit = 1 },
        "enforcement.max_hold": { $0.policy.maxHold = .seconds(1) },
        "enforcement.max_suspended": { $0.policy.maxSuspended = .percent(1) },
        "enforcement.max_unreachable": { $0.policy.maxUnreachable = .percent(1) },
        "enforcement.power_cap_default": { $0.policy.powerCapDefault = .percent(1) },
        "enforcement.throttle.power": { $0.policy.throttlePower = .percent(1) },
        "enforcement.throttle.gpu_speed": { $0.policy.throttleGPUSpeed = .percent(1) },
        "enforcement.throttle.node_mode": { $0.policy.throttleNodeMode = "PowerSaving" },
        "enforcement.suspend": { $0.policy.suspend = [.forceOff] },
        "enforcement.split": { $0.policy.split = .ordered },
        "enforcement.settle_time": { $0.policy.settleTime = .seconds(1) },
        "enforcement.meter_every": { $0.policy.meterEvery = .seconds(1) },
        "enforcement.max_rate": { $0.policy.maxRate = PowerRate(wattsPerSecond: Watts(8000)) },
        "enforcement.answer_foreign": { $0.policy.answersForeign = false },
        "redfish.workers": { $0.pool.workers = 7 },
        "redfish.connections_per_bmc": { $0.pool.connectionsPerOrigin = 7 },
        "redfish.max_in_flight": { $0.pool.maximumInFlight = 7 },
        "redfish.kept_connections": { $0.pool.maximumConnections = 7 },
        "redfish.connect_timeout": { $0.redfish.connectTimeout = .seconds(7) },
        "redfish.request_timeout": { $0.redfish.requestTimeout = .seconds(7) },
        "redfish.longest_write": { $0.redfish.knownLongestWrite = .seconds(7) },
        "redfish.retries": { $0.policy.retries = 7 },
        "redfish.patrol_every": { $0.patrolEvery = nil },
        "limits.message": { $0.limits.messageBytes = 7 },
        "limits.json_depth": { $0.limits.json.depth = 9 },
        "limits.number_length": { $0.limits.json.numberLength = 21 },
        "limits.hints": { $0.policy.maxHints = 7 },
        "limits.open_breaches": { $0.policy.maxOpenBreaches = 7 },
        "limits.bmc_answer": { $0.limits.answerBytes = 7 },
    ]

    private static func login(
        url: String = "https://t", client: String = "c", secret: String = "s", scope: String? = "o",
        authorities: String? = "a"
    ) -> AgentConfiguration.BrokerLogin {
        .oauth2(
            .init(tokenURL: url, clientID: client, secretFile: secret, scope: scope, authorities: authorities))
    }

    /// What a change is made from, where the plain configuration has nothing there.
    private func base(of path: String) -> AgentConfiguration {
        var base = configuration
        if path.hasPrefix("broker.oauth2.") { base.bus.login = Self.login() }
        if path.hasPrefix("broker.tls."), path != "broker.tls.ca" { base.bus.tls = .init(authorities: "none") }
        if path.hasPrefix("standby.") {
            base.standby = .init(
                endpoints: ["https://etcd1:2379"], tls: .init(authorities: "a", certificate: "b", key: "c"),
                login: .init(username: "u", passwordFile: "p"))
        }
        if path.hasPrefix("control.") { base.control = .init(path: "socket", group: "ops") }
        if path == "signing.module" { base.signing.key = .token(uri: "pkcs11:a", module: "m") }
        return base
    }

    @Test func aChangeOfAnyKeyIsToldByItsName() throws {
        for key in ConfigurationKey.all {
            // Told name by name, or without a value of its own.
            if key.effect == .named || key.path == "broker.allow_plaintext" { continue }
            let change = try #require(Self.changes[key.path], "no change is tried of \(key.path)")
            let old = base(of: key.path)
            var new = old
            change(&new)
            let difference = ConfigurationDifference(from: old, to: new)
            switch key.effect {
            case .live:
                #expect(difference.changed.map(\.key) == [key.path])
                #expect(difference.needsRestart.isEmpty)
            case .restart:
                #expect(difference.needsRestart.map(\.key) == [key.path])
                #expect(difference.changed.isEmpty)
            case .named: break
            }
            #expect(ConfigurationDifference(from: new, to: new).changed.isEmpty)
        }
    }

    @Test func whatComesAndGoesIsNamed() throws {
        var new = configuration
        new.trust = [.init(source: "//grid/v1/poweragent/b", jwks: "b.json")]
        let node = try #require(configuration.site.resources["n1"])
        let other = Resource(id: "n2", type: .node, bmc: node.bmc)
        let protected = Resource(id: "n1", type: .node, bmc: node.bmc, isProtected: true)
        new.site = Site(
            resources: [protected, other], groups: [Group(id: "row", members: ["n1", "n2"])], credentials: [:])
        let difference = ConfigurationDifference(from: configuration, to: new)
        #expect(difference.sources.added == ["//grid/v1/poweragent/b"])
        #expect(difference.sources.removed == ["//grid/v1/poweragent/dps-prod"])
        #expect(difference.resources == .init(added: ["n2"], changed: ["n1"]))
        #expect(difference.groups == .init(added: ["row"]))
        #expect(difference.credentials.removed == ["bmc"])
        let back = ConfigurationDifference(from: new, to: configuration)
        #expect(back.resources == .init(removed: ["n2"], changed: ["n1"]))
    }

    @Test func aFileWithAnotherContentIsNamed() throws {
        let before = ConfigurationFiles(configuration)
        #expect(ConfigurationFiles(configuration).changed(since: before).isEmpty)
        try folder.write("another secret", to: "password")
        try folder.write("{\"keys\":[]}", to: "dps.json")
        let after = ConfigurationFiles(configuration)
        #expect(after.changed(since: before) == [folder.path("dps.json"), folder.path("password")])
        #expect(after.restarts(since: before).isEmpty)
        try folder.write("no key", to: "ima.pem")
        #expect(ConfigurationFiles(configuration).restarts(since: before).map(\.key) == ["signing.key"])
    }
}
