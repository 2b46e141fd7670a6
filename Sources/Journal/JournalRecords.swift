public import PowerEvents
public import Shedding
public import Site
public import StrictJSON

/// An alert whose signature and source are in order, kept until it was acted on.
public struct AcceptedAlert: Sendable, Hashable, Codable {
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

    private enum CodingKeys: CodingKey {
        case eventID, source, time, receivedAt, trace, correlationID, payload, breachID, topic, digest
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

/// An accepted alert with its place in the inbox.
public struct InboxAlert: Sendable, Hashable {
    public let sequence: Int64
    public let alert: AcceptedAlert

    public init(sequence: Int64, alert: AcceptedAlert) {
        self.sequence = sequence
        self.alert = alert
    }

    /// As the core takes it.
    public var received: ReceivedAlert {
        var received = ReceivedAlert(
            sequence: sequence, source: alert.source, time: alert.time, receivedAt: alert.receivedAt,
            eventID: alert.eventID, mark: alert.mark, alert: alert.breachAlert)
        received.topic = alert.topic
        received.trace = alert.trace
        received.correlationID = alert.correlationID
        return received
    }
}

/// An event that is to reach the broker, under an id that never changes.
public struct OutboxEvent: Sendable, Hashable {
    public var eventID: UUIDText
    public var breachID: UUIDText
    public var topic: String
    public var payload: [UInt8]
    public var createdAt: Timestamp
    /// What its report says was done; nil in rows of earlier versions. Of two reports that say the same of a breach only
    /// the later one counts.
    public var action: Enforcement.Action?

    public init(
        eventID: UUIDText, breachID: UUIDText, topic: String, payload: [UInt8], createdAt: Timestamp,
        action: Enforcement.Action? = nil
    ) {
        self.action = action
        self.eventID = eventID
        self.breachID = breachID
        self.topic = topic
        self.payload = payload
        self.createdAt = createdAt
    }
}

/// A message that was not obeyed.
public struct RefusalRecord: Sendable, Hashable {
    public var at: Timestamp
    /// A code such as `bad_signature`.
    public var reason: String
    public var detail: String
    public var topic: String
    public var source: String?
    public var eventID: String?
    /// SHA-256 of the message, in hexadecimal.
    public var digest: String

    public init(
        at: Timestamp, reason: String, detail: String, topic: String, source: String?, eventID: String?, digest: String
    ) {
        self.at = at
        self.reason = reason
        self.detail = detail
        self.topic = topic
        self.source = source
        self.eventID = eventID
        self.digest = digest
    }
}

/// A session of this agent on a BMC.
public struct BMCSession: Sendable, Hashable {
    public let bmc: BMC.Address
    /// Its URI.
    public let location: String

    public init(bmc: BMC.Address, location: String) {
        self.bmc = bmc
        self.location = location
    }
}

/// What one transaction of the agent writes.
public struct JournalBatch: Sendable {
    public var changes = Changes()
    /// Reports; the parts of one report belong together.
    public var reports: [[OutboxEvent]] = []
    /// Inbox entries that are dealt with by this very transaction.
    public var handled: [Int64] = []
    public var refusals: [RefusalRecord] = []
    /// Payloads that may be accepted another time, although they were not now.
    public var forgotten: [PayloadMark] = []
    /// Reports that cannot be signed at the moment.
    public var unsigned: [Report] = []
    /// Breaches whose last report is to be published again, under the same ids.
    public var repeated: [UUIDText] = []
    public var sessionsOpened: [BMCSession] = []
    public var sessionsClosed: [BMCSession] = []
    /// All that is known of a BMC now.
    public var learned: [BMC.Address: BMCKnowledge] = [:]

    public init() {}

    public var isEmpty: Bool {
        changes.isEmpty && reports.isEmpty && handled.isEmpty && refusals.isEmpty && repeated.isEmpty
            && forgotten.isEmpty && unsigned.isEmpty
            && sessionsOpened.isEmpty && sessionsClosed.isEmpty && learned.isEmpty
    }
}

/// What a start finds.
public struct JournalContents: Sendable {
    public var breaches: [Breach]
    public var controls: [ControlEntry]
    public var inbox: [InboxAlert]
    public var isFrozen: Bool
    public var sessions: [BMCSession]
    public var knowledge: [BMC.Address: BMCKnowledge]
    /// Reports that wait for their signature.
    public var unsigned: [Report] = []
    /// When an agent last wrote anything; nil in an empty journal.
    public var lastRecordAt: Timestamp?

    /// As the core takes it up.
    public var core: Core.Contents {
        Core.Contents(
            breaches: breaches, controls: controls, inbox: inbox.map(\.received), isFrozen: isFrozen,
            lastRecordAt: lastRecordAt)
    }
}
