public import StrictJSON

/// A CloudEvents 1.0 envelope in structured JSON, as MQTT 3.1.1 carries it, with the data not yet trusted.
public struct CloudEvent: Sendable, Hashable {
    /// What the envelope carries: a JWS in compact serialisation, or a bare object that nobody signed.
    public enum Body: Sendable, Hashable {
        case signed(String)
        case unsigned(JSONValue)
    }

    public var id: UUIDText
    public var source: EventSource
    public var type: EventType
    public var time: Timestamp
    public var subject: String
    /// nil where the sender's `traceparent` names no valid trace; the receiver then starts one (W3C, 4.3).
    public var trace: TraceContext?
    public var correlationID: UUIDText?
    public var data: Body

    public init(
        id: UUIDText, source: EventSource, type: EventType, time: Timestamp, trace: TraceContext?,
        correlationID: UUIDText? = nil, data: Body
    ) {
        self.id = id
        self.source = source
        self.type = type
        self.time = time
        subject = type.subject
        self.trace = trace
        self.correlationID = correlationID
        self.data = data
    }
}

extension CloudEvent {
    /// The `specversion` that is sent; a bare `1.0`, which CloudEvents itself prescribes, is accepted as well.
    static let specVersion = "1.0.2"

    /// Reads an envelope. Attributes that the contract does not name are tolerated (CloudEvents, 3.1).
    ///
    /// - Throws: ``EventDecodingError`` or `JSONSyntaxError`
    public init(decoding bytes: some Collection<UInt8>, limits: JSONLimits = JSONLimits()) throws {
        try self.init(json: JSONValue(parsing: bytes, limits: limits))
    }

    public init(json: JSONValue) throws {
        let event = Field(json)
        let version = try event.required("specversion")
        guard ["1.0", Self.specVersion].contains(try version.string()) else {
            throw version.error("should be 1.0.2 or 1.0")
        }
        let contentType = try event.required("datacontenttype")
        guard try contentType.string() == "application/json" else {
            throw contentType.error("should be application/json")
        }
        let sourceField = try event.required("source")
        guard let source = EventSource(try sourceField.string()) else {
            throw sourceField.error("should be //grid/v1/<role>/<identifier>")
        }
        let typeField = try event.required("type")
        guard let type = EventType(rawValue: try typeField.string()) else {
            throw typeField.error("is not an event type of this contract")
        }
        let parent = try event.required("traceparent")
        guard Self.hasTraceparentShape(try parent.string()) else { throw parent.error("is not a W3C traceparent") }
        if let data = try event.optional("data_base64") { throw data.error("has no place in a JSON event") }
        let dataField = try event.required("data")
        let data: Body
        switch dataField.value {
        case .string(let text): data = .signed(text)
        case .object: data = .unsigned(dataField.value)
        default: throw dataField.error("should be a JWS string")
        }
        self.init(
            id: try event.required("id").uuid(), source: source, type: type,
            time: try event.required("time").timestamp(),
            trace: TraceContext(
                traceparent: try parent.string(), tracestate: try event.optional("tracestate")?.string()),
            correlationID: try event.optional("correlationid")?.uuid(), data: data)
        // Present, but its content is not checked: deployed agents put their topic there.
        subject = try event.required("subject").string()
    }

    /// The envelope as the contract writes it.
    public var json: JSONValue {
        var object = JSONObject()
        object["specversion"] = .string(Self.specVersion)
        object["id"] = .string(id.text)
        object["source"] = .string(source.description)
        object["type"] = .string(type.rawValue)
        object["time"] = .string(time.description)
        object["datacontenttype"] = "application/json"
        object["subject"] = .string(subject)
        object["traceparent"] = trace.map { .string($0.traceparent) }
        object["tracestate"] = trace?.state.map(JSONValue.string)
        object["correlationid"] = correlationID.map { .string($0.text) }
        switch data {
        case .signed(let token): object["data"] = .string(token)
        case .unsigned(let value): object["data"] = value
        }
        return .object(object)
    }

    /// `^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$` of the contract.
    private static func hasTraceparentShape(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        return parts.map(\.utf8.count) == [2, 32, 16, 2]
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) || $0 == 0x2D }
    }
}
