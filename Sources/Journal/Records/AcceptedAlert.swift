public import PowerEvents
public import Shedding
public import StrictJSON

/// An alert whose signature and source are in order, kept until it was acted on.
public struct AcceptedAlert: Sendable, Hashable {
    public var eventID: UUIDText
    public var source: String
    /// The envelope's `time`.
    public var time: Timestamp
    public var receivedAt: Timestamp
    public var trace: TraceContext?
    public var correlationID: UUIDText?
    /// The signed payload, as it was signed.
    public var payload: String
    public var breachID: UUIDText
    /// Where it arrived; nil in rows of earlier versions.
    public var topic: String?
    /// SHA-256 of the signed payload, in hexadecimal: what tells it from others, since nothing of the envelope is signed.
    /// nil in rows of earlier versions.
    public var digest: String?
    private var known = Known()

    /// The payload as the gate has read it, so that it is not read again; gone after a restart.
    private struct Known: Sendable, Hashable {
        var alert: BreachAlert?

        static func == (left: Self, right: Self) -> Bool { true }
        func hash(into hasher: inout Hasher) {}
    }

    public init(
        eventID: UUIDText, source: String, time: Timestamp, receivedAt: Timestamp, trace: TraceContext?,
        correlationID: UUIDText?, payload: String, breachID: UUIDText, topic: String? = nil,
        digest: String? = nil, alert: BreachAlert? = nil
    ) {
        known.alert = alert
        self.digest = digest
        self.topic = topic
        self.eventID = eventID
        self.source = source
        self.time = time
        self.receivedAt = receivedAt
        self.trace = trace
        self.correlationID = correlationID
        self.payload = payload
        self.breachID = breachID
    }
}

extension AcceptedAlert {
    /// The payload, read. It was admitted under limits that an operator may have changed since, so it is read again
    /// under the widest that there can be: what was accepted is never lost to a stricter second look.
    public var json: JSONValue? { try? JSONValue(parsing: Array(payload.utf8), limits: .widest) }

    /// What it is recognised by when it comes again.
    public var mark: PayloadMark { PayloadMark(source: source, digest: digest ?? "event \(eventID)") }

    public var breachAlert: BreachAlert? { known.alert ?? json.flatMap { try? BreachAlert(json: $0) } }
}
