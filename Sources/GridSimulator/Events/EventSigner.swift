public import JOSE
import OpenSSL
public import PowerEvents
public import StrictJSON

/// Makes events in one participant's name: signs payloads and puts them into envelopes.
public struct EventSigner: Sendable {
    public let source: EventSource
    /// Of all topics, such as `cpc/1/`.
    public let topicPrefix: String
    private let key: SigningKey
    /// Whether payloads are signed at all; only a laboratory has a reason not to.
    var signs = true
    /// Whether the subject is the topic, as one public agent has it, instead of what the contract gives as its example.
    var subjectIsTopic = false

    public init(source: EventSource, key: SigningKey, topicPrefix: String = "") {
        self.source = source
        self.key = key
        self.topicPrefix = topicPrefix
    }

    /// - Parameters:
    ///   - trace: the trace that the event belongs to, of which it becomes a new span; nil begins a trace
    ///   - correlationID: of the load target that it is about
    public func event(
        _ type: EventType, _ payload: JSONValue, time: Timestamp, trace: TraceContext? = nil,
        correlationID: UUIDText? = nil
    ) throws -> CloudEvent {
        var event = CloudEvent(
            id: try RandomID.draw(), source: source, type: type, time: time,
            trace: try trace?.child(randomBytes: RandomBytes.draw(8))
                ?? TraceContext(randomBytes: RandomBytes.draw(24)),
            correlationID: correlationID,
            data: signs ? .signed(try JWS.sign(payload.bytes, with: key)) : .unsigned(payload))
        if subjectIsTopic { event.subject = topic(type) }
        return event
    }

    public func topic(_ type: EventType) -> String { Topic(type, publisher: source, prefix: topicPrefix).description }
}

/// New version 4 UUIDs.
public enum RandomID {
    public static func draw() throws -> UUIDText { UUIDText(randomBytes: try RandomBytes.draw(16)) }
}
