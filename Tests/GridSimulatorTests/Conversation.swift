import GridSimulator
import JOSE
import OpenSSL
import PowerEvents
import StrictJSON
import Testing

/// A conversation on the bus that keeps to the contract, to be broken in one place.
struct Conversation {
    let keys: [EventSource.Role: SigningKey]
    let sources: [EventSource.Role: EventSource]
    let start = Timestamp(milliseconds: 1_800_000_000_000)
    private(set) var messages: [CapturedMessage] = []
    let target: UUIDText
    let breach: UUIDText
    private var trace: TraceContext?

    init() throws {
        var keys: [EventSource.Role: SigningKey] = [:]
        for role in EventSource.Role.allCases {
            keys[role] = try SigningKey(PrivateKey.generate(.p256), keyID: "\(role.rawValue)-1")
        }
        self.keys = keys
        sources = [
            .isv: EventSource(role: .isv, identifier: "acme"),
            .powerAgent: EventSource(role: .powerAgent, identifier: "dps"),
            .infra: EventSource(role: .infra, identifier: "ima"),
        ]
        target = try RandomID.draw()
        breach = try RandomID.draw()
    }

    static func payload(of token: String) -> [UInt8]? {
        JWS.unverifiedPayload(token)
    }

    var jwks: JWKSet { get throws { try JWKSet(keys.values.map { try $0.jwk() }) } }

    /// What a place of a conversation is to be changed to.
    struct Change {
        var payload: (inout JSONObject) -> Void = { _ in }
        var event: (inout CloudEvent) -> Void = { _ in }
        var envelope: (inout JSONObject) -> Void = { _ in }
        var message: (inout CapturedMessage) -> Void = { _ in }
        /// Signs instead of the usual key.
        var key: SigningKey?
        var isLeftOut = false
        var isTwice = false
    }

    private static func power(_ watts: Int) -> PowerQuantity { PowerQuantity(watts: Watts(watts), unit: .kilowatt) }

    /// The steps, by name.
    enum Place: CaseIterable {
        case target, targetSet, rampDown, rampEnd, active, escalated, applied, resolved, reverted
    }

    static func make(_ place: Place? = nil, _ change: Change = Change()) throws -> Conversation {
        var all = try Conversation()
        for (index, step) in Place.allCases.enumerated() {
            try all.add(step, at: all.start + .seconds(Int64(index) * 5), step == place ? change : Change())
        }
        return all
    }

    private mutating func add(_ place: Place, at time: Timestamp, _ change: Change) throws {
        if change.isLeftOut { return }
        let (role, type, json): (EventSource.Role, EventType, JSONValue)
        switch place {
        case .target:
            let set = LoadTargetSet(targets: [
                .init(interval: Interval(start: time), feedTags: ["main-a"], loadConstraint: Self.power(7000))
            ])
            (role, type, json) = (.isv, .loadTargetSet, set.json)
        case .targetSet: (role, type, json) = (.powerAgent, .powerStateStatus, state(.targetSet, 10_000, false, time))
        case .rampDown: (role, type, json) = (.powerAgent, .powerStateStatus, state(.startRampDown, 10_000, true, time))
        case .rampEnd: (role, type, json) = (.powerAgent, .powerStateStatus, state(.endRampDown, 6800, false, time))
        case .active: (role, type, json) = (.powerAgent, .breachAlert, alert(.active, .warning, 7900, time))
        case .escalated: (role, type, json) = (.powerAgent, .breachAlert, alert(.escalated, .critical, 9000, time))
        case .resolved: (role, type, json) = (.powerAgent, .breachAlert, alert(.resolved, .warning, 6500, time))
        case .applied: (role, type, json) = (.infra, .enforcement, enforcement(.applied, time))
        case .reverted: (role, type, json) = (.infra, .enforcement, enforcement(.reverted, time))
        }
        guard var object = json.object, let key = change.key ?? keys[role], let source = sources[role] else { return }
        change.payload(&object)
        let signer = EventSigner(source: source, key: key)
        var event = try signer.event(
            type, .object(object), time: time, trace: trace, correlationID: target)
        if trace == nil { trace = event.trace }
        change.event(&event)
        guard var envelope = event.json.object else { return }
        change.envelope(&envelope)
        var message = CapturedMessage(
            time: time, topic: signer.topic(type), payload: JSONValue.object(envelope).text,
            qos: [.loadTargetSet, .powerStateStatus].contains(type) ? 1 : 2)
        change.message(&message)
        messages += change.isTwice ? [message, message] : [message]
    }

    private func state(_ event: PowerStateStatus.Event, _ watts: Int, _ inFlight: Bool, _ time: Timestamp) -> JSONValue
    {
        let feed = FeedState(
            powerMinimum: Self.power(2000), powerMaximum: Self.power(15_000), defaultConstraint: Self.power(15_000),
            targets: [
                .init(
                    active: true, loadConstraint: Self.power(7000), interval: Interval(start: start),
                    correlationID: target)
            ], calculatedLoad: Self.power(watts), inFlight: inFlight, powerEventStart: start, compliant: watts <= 7000)
        return PowerStateStatus(snapshotTime: time, event: event, feeds: [("main-a", feed)]).json
    }

    private func alert(
        _ status: BreachAlert.Status, _ severity: BreachAlert.Severity, _ watts: Int, _ time: Timestamp
    ) -> JSONValue {
        let hints = ["node-1", "node-2"].enumerated().map { index, id in
            ShedHint(
                resourceID: id, resourceType: .node, action: index == 0 ? .powerCap : .suspend, priority: index + 1,
                targetPower: index == 0 ? Self.power(500) : nil)
        }
        return BreachAlert(
            feedTag: "main-a", status: status, severity: severity, breachID: breach, detectedAt: start + .seconds(20),
            resolvedAt: status == .resolved ? time : nil, targetCorrelationID: target, loadConstraint: Self.power(7000),
            measuredLoad: Self.power(watts), shedHints: hints,
            infrastructureActions: status == .escalated ? [.shutdownNodes, .tripBreakers] : []
        ).json
    }

    private func enforcement(_ action: Enforcement.Action, _ time: Timestamp) -> JSONValue {
        Enforcement(
            breachID: breach, feedTag: "main-a", action: action, code: .success,
            results: [
                EnforcementResult(
                    resourceID: "node-1", resourceType: .node, requestedAction: .powerCap, code: .applied),
                EnforcementResult(resourceID: "node-2", resourceType: .node, requestedAction: .suspend, code: .applied),
            ], timestamp: time
        ).json
    }

    func judged(by role: EventSource.Role? = nil, keys: JWKSet?, isComplete: Bool = true) -> ConformanceReport {
        var options = ConformanceJudge.Options(role: role, keys: keys)
        options.isComplete = isComplete
        var judge = ConformanceJudge(options)
        for message in messages { judge.take(message) }
        return judge.finish()
    }
}
