import JOSE
public import Journal
public import Logging
import OpenSSL
public import PowerEvents
import Shedding
import StrictJSON

/// Decides whether a message from the bus is an alert that may be accepted. Knows no breaches: that is the book's part.
public struct AlertGate: Sendable {
    private let trust: TrustStore
    private let topicPrefix: String
    private let rules: IntakeRules
    private let logger: Logger

    public init(
        trust: TrustStore, topicPrefix: String, maximumAge: Duration,
        limits: AgentConfiguration.Limits = AgentConfiguration.Limits(), logger: Logger
    ) {
        self.init(
            trust: trust, topicPrefix: topicPrefix, rules: IntakeRules(maximumAge: maximumAge, limits: limits),
            logger: logger)
    }

    public init(trust: TrustStore, topicPrefix: String, rules: IntakeRules, logger: Logger) {
        self.trust = trust
        self.topicPrefix = topicPrefix
        self.rules = rules
        self.logger = logger
    }

    /// An alert that is well signed, on its own topic, and in time.
    public func admit(topic: String, payload: [UInt8], now: Timestamp) throws(Refusal) -> AcceptedAlert {
        let alert = try open(topic: topic, payload: payload, now: now)
        try checkTime(of: alert, now: now)
        return alert
    }

    /// Whether the envelope's time is one to act on. It is not signed: whoever copies a payload chooses it. So an end of a
    /// breach that is held is none of this method's business, and neither is a repeated payload.
    public func checkTime(of alert: AcceptedAlert, now: Timestamp) throws(Refusal) {
        func refuse(_ reason: RefusalReason, _ detail: String) -> Refusal {
            Refusal(reason, detail, source: alert.source, eventID: alert.eventID.text)
        }
        if now - alert.time > rules.now.maximumAge { throw refuse(.stale, "\(alert.time) is older than max_age") }
        if alert.time - now > ClockSkew.tolerated { throw refuse(.future, "\(alert.time) lies ahead of this clock") }
    }

    /// An alert that is well signed and on its own topic, of whatever time.
    public func open(topic: String, payload: [UInt8], now: Timestamp) throws(Refusal) -> AcceptedAlert {
        guard let channel = Topic(topic, prefix: topicPrefix), channel.type == .breachAlert else {
            throw Refusal(.wrongTopic, "the topic carries no alerts")
        }
        let limits = rules.now.limits
        guard payload.count <= limits.messageBytes else {
            throw Refusal(.tooLarge, "\(payload.count) bytes are more than limits.message (\(limits.messageBytes))")
        }
        let event: CloudEvent
        do { event = try CloudEvent(decoding: payload, limits: limits.json) } catch {
            throw Refusal(.badEnvelope, "\(error)")
        }
        func refuse(_ reason: RefusalReason, _ detail: String) -> Refusal {
            Refusal(reason, detail, source: event.source.description, eventID: event.id.text)
        }
        guard event.type == .breachAlert else {
            throw refuse(.wrongType, "a \(event.type.rawValue) on the alerts' topic")
        }
        guard event.source == channel.publisher else {
            throw refuse(.sourceMismatch, "the topic belongs to \(channel.publisher), the event says \(event.source)")
        }
        guard let trusted = trust.keys(of: event.source) else {
            throw refuse(.untrustedSource, "\(event.source) is not under trust in the configuration")
        }
        let signed = try payloadBytes(event, trusted, now, refuse)
        let alert: BreachAlert
        do { alert = try BreachAlert(json: JSONValue(parsing: signed, limits: limits.json)) } catch {
            let json = try? JSONValue(parsing: signed, limits: limits.json)
            let all = json.map { BreachAlert.problems(in: $0, limit: 10) } ?? []
            throw refuse(.badPayload, all.isEmpty ? "\(error)" : all.map(\.description).joined(separator: "; "))
        }
        return AcceptedAlert(
            eventID: event.id, source: event.source.description, time: event.time, receivedAt: now, trace: event.trace,
            correlationID: event.correlationID ?? alert.targetCorrelationID,
            payload: String(decoding: signed, as: UTF8.self), breachID: alert.breachID, topic: topic,
            digest: SHA256.hex(signed), alert: alert)
    }

    private func payloadBytes(
        _ event: CloudEvent, _ trusted: (keys: JWKSet, allowUnsigned: Bool), _ now: Timestamp,
        _ refuse: (RefusalReason, String) -> Refusal
    ) throws(Refusal) -> [UInt8] {
        switch event.data {
        case .signed(let token):
            do {
                return try JWS.verify(token, keys: trusted.keys, now: now.milliseconds / 1000).payload
            } catch {
                throw refuse(.badSignature, "\(error)")
            }
        case .unsigned(let object):
            guard trusted.allowUnsigned else { throw refuse(.unsigned, "the data is not signed") }
            logger.warning(
                "accepted an UNSIGNED alert", metadata: ["source": "\(event.source)", "event": "\(event.id)"])
            return object.bytes
        }
    }
}
