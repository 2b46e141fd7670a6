import JOSE
import Journal
import OpenSSL
import PowerEvents
import Shedding
import StrictJSON
import Synchronization

/// Makes signed events of reports, each with an id that it keeps for ever.
final class EventComposer: Sendable {
    /// An event without a payload, in bytes, and more than it.
    private static let envelopeBytes = 1536
    /// What every broker takes.
    private static let leastBytes = 4096

    let source: EventSource
    let topicPrefix: String
    private let sign: @Sendable ([UInt8]) throws -> String
    private let largest: Mutex<Int>
    /// What ``largest`` began with.
    private let configured: Mutex<Int>

    /// - Parameter sign: makes a compact JWS of a payload
    init(
        source: EventSource, topicPrefix: String, maximumEventBytes: Int,
        sign: @escaping @Sendable ([UInt8]) throws -> String
    ) {
        self.source = source
        self.topicPrefix = topicPrefix
        self.sign = sign
        largest = Mutex(maximumEventBytes)
        configured = Mutex(maximumEventBytes)
    }

    convenience init(source: EventSource, topicPrefix: String, key: SigningKey, maximumEventBytes: Int) {
        self.init(source: source, topicPrefix: topicPrefix, maximumEventBytes: maximumEventBytes) {
            try JWS.sign($0, with: key)
        }
    }

    /// Later events are no larger than this; what a broker did not take before counts no more.
    func limit(toBytes bytes: Int) {
        let isNew = configured.withLock { configured in
            defer { configured = bytes }
            return configured != bytes
        }
        if isNew { largest.withLock { $0 = bytes } }
    }

    /// A compact JWS of a payload, by the agent's key.
    func signed(_ payload: [UInt8]) throws -> String { try sign(payload) }

    /// The events of one report, in one part or several.
    func compose(_ report: Report, now: Timestamp) throws -> [OutboxEvent] {
        try compose(report, now: now, maximumEventBytes: largest.withLock { $0 })
    }

    /// The report of an event that the broker does not take, in smaller events; nil where it cannot be divided. Those to
    /// come are no larger.
    func divide(_ event: OutboxEvent, now: Timestamp) throws -> [OutboxEvent]? {
        let cloudEvent = try CloudEvent(decoding: event.payload, limits: .widest)
        guard case .signed(let token) = cloudEvent.data,
            let payload = token.split(separator: ".", omittingEmptySubsequences: false).dropFirst().first,
            let bytes = Base64URL.decode(payload.utf8)
        else { return nil }
        let enforcement = try Enforcement(json: JSONValue(parsing: bytes, limits: .widest))
        guard enforcement.results.count > 1 else { return nil }
        let origin = Breach.Origin(
            source: source.description, trace: cloudEvent.trace, correlationID: cloudEvent.correlationID)
        let limit = max(Self.leastBytes, event.payload.count / 4)
        largest.withLock { $0 = min($0, limit) }
        let parts = try compose(Report(enforcement: enforcement, origin: origin), now: now, maximumEventBytes: limit)
        if parts.count > 1 { return parts }
        // It is small, and still too large for this broker.
        return try enforcement.results.flatMap { result in
            var single = enforcement
            single.results = [result]
            return try compose(Report(enforcement: single, origin: origin), now: now, maximumEventBytes: limit)
        }
    }

    private func compose(_ report: Report, now: Timestamp, maximumEventBytes: Int) throws -> [OutboxEvent] {
        // Base64 makes four bytes of three, and the envelope and the JWS's other parts take their share.
        let payloadLimit = max(1024, (maximumEventBytes - Self.envelopeBytes) * 3 / 4)
        return try report.split(maximumPayloadBytes: payloadLimit).map { enforcement in
            var enforcement = enforcement
            enforcement.timestamp = now
            let id = UUIDText(randomBytes: try RandomBytes.draw(16))
            let trace =
                try report.origin.trace?.child(randomBytes: RandomBytes.draw(8))
                ?? TraceContext(randomBytes: RandomBytes.draw(24))
            let event = CloudEvent(
                id: id, source: source, type: .enforcement, time: now, trace: trace,
                correlationID: report.origin.correlationID, data: .signed(try sign(enforcement.json.bytes)))
            return OutboxEvent(
                eventID: id, breachID: enforcement.breachID,
                topic: Topic(.enforcement, publisher: source, prefix: topicPrefix).description,
                payload: event.json.bytes, createdAt: now, action: enforcement.action)
        }
    }
}
