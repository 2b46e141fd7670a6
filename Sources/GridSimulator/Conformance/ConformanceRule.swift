public import PowerEvents

/// One thing that the contract, or what it refers to, asks of events.
public struct ConformanceRule: Sendable, Hashable {
    public enum Level: String, Sendable, Hashable {
        /// The contract says so.
        case violation
        /// Good practice, or an interpretation where the contract is silent.
        case warning
    }

    /// Such as `breach.severity`.
    public let id: String
    public let statement: String
    /// Where it stands: a path of the AsyncAPI document, a sentence of it, or another standard.
    public let source: String
    public let level: Level
    /// Whose events it is about.
    public let roles: Set<EventSource.Role>

    init(
        _ id: String, _ statement: String, _ source: String, _ level: Level = .violation,
        _ roles: Set<EventSource.Role> = Set(EventSource.Role.allCases)
    ) {
        self.id = id
        self.statement = statement
        self.source = source
        self.level = level
        self.roles = roles
    }

    public static func named(_ id: String) -> ConformanceRule? { all.first { $0.id == id } }
}

extension ConformanceRule {
    private static let schemas = "#/components/schemas"
    private static let power: Set<EventSource.Role> = [.powerAgent]
    private static let infra: Set<EventSource.Role> = [.infra]
    private static let isv: Set<EventSource.Role> = [.isv]

    // MARK: The envelope

    static let json = ConformanceRule(
        "envelope.json", "the payload of the MQTT message is one JSON object",
        "info.description, Protocol Binding: \"The entire CloudEvents message is in the MQTT PUBLISH payload as JSON\"")
    static let envelope = ConformanceRule(
        "envelope.schema", "the envelope keeps to its schema", "\(schemas)/BaseCloudEvent")
    static let idVersion = ConformanceRule(
        "envelope.id", "an id is a UUID of version 4, of one event only",
        "\(schemas)/BaseCloudEvent/properties/id: \"MUST be a UUIDv4\"; CloudEvents 1.0.2, id: source and id identify an event"
    )
    static let topic = ConformanceRule(
        "topic.channel", "the topic is one of the four channels", "#/channels/*/address")
    static let topicSource = ConformanceRule(
        "topic.source", "role and identifier of the topic are those of source",
        "#/channels/*/address and info.description, Source Format: \"//<namespace>/<version>/<role>/<identifier>\"")
    static let topicType = ConformanceRule(
        "topic.type", "the type is that of the topic's channel", "#/channels/*/messages")
    static let subject = ConformanceRule(
        "envelope.subject", "the subject is loadtarget, powerstate or powerbreach",
        "\(schemas)/BaseCloudEvent/properties/subject: \"(e.g., loadtarget, powerstate, powerbreach)\"", .warning)
    static let time = ConformanceRule(
        "envelope.time", "time is when the event was created, not minutes from when it came",
        "\(schemas)/BaseCloudEvent/properties/time: \"time the event was created\"", .warning)
    static let traceIDs = ConformanceRule(
        "trace.valid", "neither trace id nor span id is all zeros, and the version is not ff",
        "W3C Trace Context, 3.2.2, by \(schemas)/BaseCloudEvent/properties/traceparent")

    // MARK: Signatures

    static let signed = ConformanceRule(
        "signature.present", "data is a compact JWS",
        "info.description, Security: \"Data Field: MUST be signed (JWS RFC 7515)\"")
    static let header = ConformanceRule(
        "signature.header", "the JWS header names ES256 or RS256 and a kid, and carries no key of its own",
        "info.description, Data Field Security: \"ES256 (ECDSA using P-256 and SHA-256) or RS256\", \"The kid (Key ID)\"; "
            + "RFC 8725, 3.10")
    static let verifies = ConformanceRule(
        "signature.verifies", "the signature verifies with a key that is known by its kid",
        "info.description, Processing Order: \"data field → JWS verify → JSON payload\"")
    static let keyOwner = ConformanceRule(
        "signature.key-owner", "a key signs for one source only", "RFC 8725, 3.8: validate issuer and subject")
    static let unchecked = ConformanceRule(
        "signature.unchecked", "signatures are checked (give --jwks)", "info.description, Data Field Security", .warning
    )

    // MARK: Payloads

    static let payload = ConformanceRule(
        "payload.schema", "the payload keeps to the schema of its type",
        "\(schemas)/{SetLoadTargetData, PowerStateStatusData, PowerBreachAlertData, PowerBreachEnforcementData}")

    // MARK: Transport

    static let qos = ConformanceRule(
        "mqtt.qos", "the QoS is at least that of the channel's binding", "#/channels/*/bindings/mqtt/qos")
    static let retained = ConformanceRule(
        "mqtt.retained", "events are not retained", "#/channels/*/bindings/mqtt: no retain", .warning)
    static let tooLarge = ConformanceRule(
        "size.limit", "a message has at most 4 MiB", "the deployed broker: max_payload 4194304")
    static let large = ConformanceRule(
        "size.forwarded", "a message has at most 64 KiB, which everybody on the way must forward",
        "CloudEvents 1.0.2, Size Limits", .warning)

    // MARK: Traces

    static let traced = ConformanceRule(
        "trace.propagated", "an event goes on with the trace of the one that it answers",
        "info.description, Distributed Tracing: \"All participants MUST propagate traceparent/tracestate\"", .violation,
        [.powerAgent, .infra])
    static let span = ConformanceRule(
        "trace.span", "an event is a span of its own in its trace", "W3C Trace Context, 3.2.2.4: parent-id", .warning,
        [.powerAgent, .infra])

    // MARK: ISVs

    static let correlation = ConformanceRule(
        "target.correlation", "a load target carries a correlationid of its own",
        "\(schemas)/BaseCloudEvent/properties/correlationid: \"Generated by the ISV on grid.loadtarget.set.v1\"",
        .violation,
        isv)
    static let positive = ConformanceRule(
        "target.positive", "a load constraint is above 0",
        "\(schemas)/LoadConstraint/properties/value: \"Target power limit (must be > 0)\"", .violation, isv)
    static let interval = ConformanceRule(
        "target.interval", "an interval ends after it starts", "\(schemas)/Interval", .violation, isv)

    // MARK: Power states

    static let trigger = ConformanceRule(
        "status.event", "a snapshot names its trigger, at the top or in each feed",
        "\(schemas)/PowerStateStatusData/required (event), or FeedState/required in the later revision", .violation,
        power)
    static let compliant = ConformanceRule(
        "status.compliant", "compliant is not said of a load above the active target",
        "\(schemas)/FeedState/properties/compliant", .violation, power)
    static let oneActive = ConformanceRule(
        "status.active", "at most one target of a feed is active, and only within its interval",
        "\(schemas)/FeedTarget/properties/active", .violation, power)
    static let ramps = ConformanceRule(
        "status.ramps", "a ramp ends only after it started, and is in flight between",
        "\(schemas)/PowerStateStatusData/properties/event, FeedState/properties/in_flight", .violation, power)
    static let acknowledged = ConformanceRule(
        "status.target-set", "a load target is followed by a snapshot target_set that shows it",
        "\(schemas)/PowerStateStatusData/properties/event: \"target_set — a grid.loadtarget.set.v1 was received\"",
        .violation,
        power)
    static let echoed = ConformanceRule(
        "status.correlation", "targets are shown with the correlationid of the event that set them",
        "\(schemas)/FeedTarget/properties/correlation_id", .violation, power)

    // MARK: Breaches

    static let opens = ConformanceRule(
        "breach.order", "a breach goes from active over escalated to resolved, never back",
        "#/channels/powerBreachAlertChannel/description: \"active → escalated → resolved\"", .violation, power)
    static let final = ConformanceRule(
        "breach.final", "nothing follows resolved under its breach_id",
        "\(schemas)/BreachDetails/properties/breach_id: \"Remains the same across active → escalated → resolved\"",
        .violation,
        power)
    static let stable = ConformanceRule(
        "breach.stable", "a breach keeps its source, feed and detected_at",
        "\(schemas)/BreachDetails/properties/detected_at: \"when the breach was first detected\"", .violation, power)
    static let resolvedAt = ConformanceRule(
        "breach.resolved-at",
        "resolved_at is present when, and only when, the breach is resolved, and not before detected_at",
        "\(schemas)/BreachDetails/properties/resolved_at: \"Present only when status is resolved\"", .violation, power)
    static let hints = ConformanceRule(
        "breach.hints", "shed_hints are present while a breach is open, and absent when it is resolved",
        "\(schemas)/PowerBreachAlertData/properties/shed_hints", .violation, power)
    static let hintPower = ConformanceRule(
        "breach.hint-power", "target_power is present when, and only when, the action is power_cap",
        "\(schemas)/ShedHint/properties/target_power: \"Present when action is power_cap\"", .violation, power)
    static let hintOrder = ConformanceRule(
        "breach.hint-order", "hints are ordered by priority",
        "\(schemas)/PowerBreachAlertData/properties/shed_hints: \"Ordered list\"", .warning, power)
    static let severity = ConformanceRule(
        "breach.severity", "warning up to 20 % over the target, critical above",
        "\(schemas)/PowerBreachAlertData/properties/severity", .violation, power)
    static let exceeds = ConformanceRule(
        "breach.exceeds", "a breach begins with a load above its target",
        "#/channels/powerBreachAlertChannel/description: \"when measured power exceeds the active load target\"",
        .violation,
        power)
    static let actions = ConformanceRule(
        "breach.actions", "infrastructure_actions go from least to most disruptive, and are empty when resolved",
        "\(schemas)/PowerBreachAlertData/properties/infrastructure_actions", .violation, power)
    static let breachTarget = ConformanceRule(
        "breach.target", "target.correlation_id is that of a load target that was set",
        "\(schemas)/BreachTarget/properties/correlation_id", .violation, power)
    static let resolves = ConformanceRule(
        "breach.resolves", "a breach ends with resolved",
        "#/channels/powerBreachAlertChannel/description: \"Breach lifecycle\"", .violation, power)

    // MARK: Enforcement

    static let knownBreach = ConformanceRule(
        "enforcement.breach", "breach_id and feed_tag are those of an alert",
        "\(schemas)/PowerBreachEnforcementData/properties/breach_id: \"from the originating grid.powerbreach.alert.v1\"",
        .violation, infra)
    static let results = ConformanceRule(
        "enforcement.results", "results are about hints of the breach, with the action that was asked for",
        "\(schemas)/EnforcementResult/properties/resource_id: \"The resource identifier from the shed hint\"",
        .violation, infra)
    static let outcome = ConformanceRule(
        "enforcement.code", "code agrees with the results: success where none failed, error where none was applied",
        "\(schemas)/PowerBreachEnforcementData/properties/code: \"Overall enforcement outcome\"", .violation, infra)
    static let reverts = ConformanceRule(
        "enforcement.reverted", "what a breach asked for is reverted only once it is resolved",
        "#/operations/publishPowerBreachEnforcement; \(schemas)/PowerBreachEnforcementData/properties/action",
        .violation, infra)
    static let answered = ConformanceRule(
        "enforcement.answered", "an alert with hints is answered", "#/operations/publishPowerBreachEnforcement",
        .warning, infra)

    /// Every rule there is.
    public static let all: [ConformanceRule] = [
        json, envelope, idVersion, topic, topicSource, topicType, subject, time, traceIDs, signed, header, verifies,
        keyOwner, unchecked, payload, qos, retained, tooLarge, large, traced, span, correlation, positive, interval,
        trigger, compliant, oneActive, ramps, acknowledged, echoed, opens, final, stable, resolvedAt, hints, hintPower,
        hintOrder, severity, exceeds, actions, breachTarget, resolves, knownBreach, results, outcome, reverts, answered,
    ]
}
