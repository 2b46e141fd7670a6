import Curl
import EventBus
import PowerEvents
import Redfish
import Replication
import Settings
import Shedding
import Site
import StrictJSON

/// One key of `ima.yaml`: when a change of it is in force, and what it says.
struct ConfigurationKey: Sendable {
    enum Effect: Sendable, Hashable {
        /// With a reload.
        case live
        /// With the next start.
        case restart
        /// Told name by name and not as a value: sources, resources, logins.
        case named
    }

    /// As in the file, such as `enforcement.hold_down`.
    let path: String
    let effect: Effect
    /// What the agent understood, in one line. Two configurations differ in this key where these differ.
    let value: @Sendable (AgentConfiguration) -> String

    init(_ path: String, _ effect: Effect, _ value: @escaping @Sendable (AgentConfiguration) -> String) {
        self.path = path
        self.effect = effect
        self.value = value
    }

    static func duration(
        _ path: String, _ effect: Effect = .live, _ value: @escaping @Sendable (AgentConfiguration) -> Duration?
    ) -> Self { .init(path, effect) { value($0).map(Quantities.text) ?? "never" } }

    static func number(
        _ path: String, _ effect: Effect = .live, _ value: @escaping @Sendable (AgentConfiguration) -> Int
    ) -> Self { .init(path, effect) { "\(value($0))" } }

    static func share(_ path: String, _ value: @escaping @Sendable (AgentConfiguration) -> Share?) -> Self {
        .init(path, .live) { value($0).map { "\($0)" } ?? "none" }
    }

    static func text(
        _ path: String, _ effect: Effect, _ value: @escaping @Sendable (AgentConfiguration) -> String?
    ) -> Self { .init(path, effect) { value($0) ?? "none" } }
}

extension ConfigurationKey {
    /// Every key that there is. What a reader reads and this does not list fails a test.
    static let all: [ConfigurationKey] =
        fixed + bus + standby + enforcement + redfish + limits + [
            .init("trust.source", .named) { _ in "" },
            .init("trust.jwks", .named) { _ in "" },
            .init("trust.allow_unsigned", .named) { _ in "" },
            .text("inventory", .live) { $0.inventoryFiles.joined(separator: ", ") },
            .text("mode", .live) { $0.mode.rawValue },
        ]

    private static let fixed: [ConfigurationKey] = [
        .text("agent.id", .restart) { $0.agentID },
        .text("signing.key", .restart) { configuration in
            switch configuration.signing.key {
            case .file(let path): path
            case .token(let uri, _): uri
            }
        },
        .text("signing.kid", .restart) { $0.signing.keyID },
        .text("signing.module", .restart) { configuration in
            if case .token(_, let module) = configuration.signing.key { module } else { nil }
        },
        .text("journal", .restart) { $0.journal },
        .text("http", .restart) { $0.http.map { "\($0.host):\($0.port)" } },
        .text("control.path", .restart) { $0.control?.path },
        .text("control.group", .restart) { $0.control?.group },
        .duration("shutdown_timeout", .restart) { $0.shutdownTimeout },
        .text("log.format", .restart) { $0.logFormat.rawValue },
    ]

    private static let bus: [ConfigurationKey] = [
        .text("broker.url", .restart) { "\($0.bus.address)" },
        .text("broker.topic_prefix", .restart) { $0.bus.topicPrefix },
        .number("broker.qos", .restart) { $0.bus.qos },
        // Decides only whether broker.url may be what it is.
        .init("broker.allow_plaintext", .live) { _ in "" },
        .text("broker.tls.ca", .live) { $0.bus.tls?.authorities },
        .text("broker.tls.certificate", .live) { $0.bus.tls?.certificate },
        .text("broker.tls.key", .live) { $0.bus.tls?.key },
        .text("broker.token_file", .restart) { configuration in
            if case .tokenFile(let path) = configuration.bus.login { path } else { nil }
        },
        .text("broker.oauth2.token_url", .restart) { $0.oauth2?.tokenURL },
        .text("broker.oauth2.client_id", .restart) { $0.oauth2?.clientID },
        .text("broker.oauth2.client_secret_file", .restart) { $0.oauth2?.secretFile },
        .text("broker.oauth2.scope", .restart) { $0.oauth2?.scope },
        .text("broker.oauth2.ca", .restart) { $0.oauth2?.authorities },
    ]

    private static let standby: [ConfigurationKey] = [
        .text("standby.etcd.endpoints", .restart) { $0.standby?.endpoints.joined(separator: ", ") },
        .text("standby.etcd.tls.ca", .restart) { $0.standby?.tls?.authorities },
        .text("standby.etcd.tls.certificate", .restart) { $0.standby?.tls?.certificate },
        .text("standby.etcd.tls.key", .restart) { $0.standby?.tls?.key },
        .text("standby.etcd.username", .restart) { $0.standby?.login?.username },
        .text("standby.etcd.password_file", .restart) { $0.standby?.login?.passwordFile },
        .text("standby.etcd.prefix", .restart) { $0.standby?.prefix },
        .text("standby.site", .restart) { $0.standby?.site },
        .text("standby.shard", .restart) { $0.standby?.shard },
        .text("standby.ttl", .restart) { $0.standby.map { Quantities.text($0.ttl) } },
    ]

    private static let enforcement: [ConfigurationKey] = [
        .duration("enforcement.max_age") { $0.policy.maxAge },
        .duration("enforcement.deadline") { $0.policy.deadline },
        .duration("enforcement.report_after") { $0.policy.reportAfter },
        .duration("enforcement.republish_every") { $0.policy.republishEvery },
        .number("enforcement.max_event_bytes") { $0.policy.maxEventBytes },
        .duration("enforcement.straggler_grace") { $0.policy.stragglerGrace },
        .text("enforcement.pace", .live) { $0.policy.pace.rawValue },
        .duration("enforcement.hold_down") { $0.policy.holdDown },
        .share("enforcement.step") { $0.policy.step },
        .duration("enforcement.every") { $0.policy.every },
        .text("enforcement.on_drift", .live) { $0.policy.onDrift.rawValue },
        .duration("enforcement.watch_every") { $0.policy.watchEvery },
        .number("enforcement.reassert_limit") { $0.policy.reassertLimit },
        .duration("enforcement.max_hold") { $0.policy.maxHold },
        .share("enforcement.max_suspended") { $0.policy.maxSuspended },
        .share("enforcement.max_unreachable") { $0.policy.maxUnreachable },
        .share("enforcement.power_cap_default") { $0.policy.powerCapDefault },
        .share("enforcement.throttle.power") { $0.policy.throttlePower },
        .share("enforcement.throttle.gpu_speed") { $0.policy.throttleGPUSpeed },
        .text("enforcement.throttle.node_mode", .live) { $0.policy.throttleNodeMode },
        .text("enforcement.suspend", .live) { $0.policy.suspend.map(\.rawValue).joined(separator: ", ") },
        .text("enforcement.split", .live) { $0.policy.split.rawValue },
        .duration("enforcement.settle_time") { $0.policy.settleTime },
        .duration("enforcement.meter_every") { $0.policy.meterEvery },
        .text("enforcement.max_rate", .live) { $0.policy.maxRate.map { "\($0)" } },
        .text("enforcement.answer_foreign", .live) { "\($0.policy.answersForeign)" },
    ]

    private static let redfish: [ConfigurationKey] = [
        .number("redfish.workers", .restart) { $0.pool.workers },
        .number("redfish.connections_per_bmc", .restart) { $0.pool.connectionsPerOrigin },
        .number("redfish.max_in_flight", .restart) { $0.pool.maximumInFlight },
        .number("redfish.kept_connections", .restart) { $0.pool.maximumConnections },
        .duration("redfish.connect_timeout") { $0.redfish.connectTimeout },
        .duration("redfish.request_timeout") { $0.redfish.requestTimeout },
        .duration("redfish.longest_write") { $0.redfish.longestWrite },
        .number("redfish.retries") { $0.policy.retries },
        .duration("redfish.patrol_every", .restart) { $0.patrolEvery },
    ]

    private static let limits: [ConfigurationKey] = [
        .number("limits.message") { $0.limits.messageBytes },
        .number("limits.json_depth") { $0.limits.json.depth },
        .number("limits.number_length") { $0.limits.json.numberLength },
        .number("limits.hints") { $0.policy.maxHints },
        .number("limits.open_breaches") { $0.policy.maxOpenBreaches },
        .number("limits.bmc_answer") { $0.limits.answerBytes },
    ]
}

extension AgentConfiguration {
    fileprivate var oauth2: OAuth2? {
        if case .oauth2(let settings) = bus.login { settings } else { nil }
    }
}
