public import JOSE
public import PowerEvents
import StrictJSON

/// Judges events against the contract, one message after the other.
public struct ConformanceJudge: Sendable {
    public struct Options: Sendable {
        /// Whose events are judged; the others are only what they go back to. nil: everybody's.
        public var role: EventSource.Role?
        /// nil: signatures are not checked.
        public var keys: JWKSet?
        public var topicPrefix = ""
        /// Whether the messages are a whole conversation, in which what was begun should have ended.
        public var isComplete = false

        public init(role: EventSource.Role?, keys: JWKSet?) {
            self.role = role
            self.keys = keys
        }
    }

    /// More findings than anybody reads.
    private static let bound = 1000

    let options: Options
    var log = ConversationLog()
    private(set) var findings: [ConformanceFinding] = []
    private var omitted = 0
    private var counts: [EventType: Int] = [:]
    private var messages = 0
    private var last = Timestamp(milliseconds: 0)
    /// By source and id, the digest of the message.
    private var seen: [String: Int] = [:]
    private var owners: [String: EventSource] = [:]
    private var saidUnchecked = false
    /// Of the event that is being read.
    private var isBelievable = true

    public init(_ options: Options) { self.options = options }

    public mutating func take(_ message: CapturedMessage) {
        messages += 1
        last = max(last, message.time)
        let json = try? JSONValue(parsing: Array(message.payload.utf8))
        let place = Topic(message.topic, prefix: options.topicPrefix)
        let source = json?["source"]?.string.flatMap { EventSource($0) }
        let role = place?.publisher.role ?? Self.role(of: message.topic, options.topicPrefix) ?? source?.role
        let scope = Scope(message: message, role: role, id: json?["id"]?.string)
        if let json, isResent(json, message) { return }
        transport(scope, place)
        guard let json, json.object != nil else {
            return note(.json, "is no JSON object", scope)
        }
        for fault in ContractSchema.envelope.faults(in: json) {
            note(.envelope, "\(fault.path) \(fault.problem), by \(fault.schema)", scope)
        }
        envelope(json, source, place, scope)
        guard let source, let type = json["type"]?.string.flatMap({ EventType(rawValue: $0) }) else { return }
        if concerns(role) { counts[type, default: 0] += 1 }
        let payload = payload(json, source, type, scope)
        guard let payload, payload.object != nil else { return }
        let faults = ContractSchema.payload(of: type).faults(in: payload)
        for fault in faults { note(.payload, "\(fault.path) \(fault.problem), by \(fault.schema)", scope) }
        let event = JudgedEvent(
            message: message, envelope: json, source: source, type: type, payload: payload,
            trace: json["traceparent"]?.string.flatMap {
                TraceContext(traceparent: $0, tracestate: json["tracestate"]?.string)
            }, correlationID: json["correlationid"]?.string.flatMap(UUIDText.init), isBelievable: isBelievable)
        switch type {
        case .loadTargetSet: judgeTarget(event, scope)
        case .powerStateStatus: judgeStatus(event, scope)
        case .breachAlert: judgeAlert(event, scope)
        case .enforcement: judgeEnforcement(event, scope)
        }
    }

    /// What can be said only at the end.
    public mutating func finish() -> ConformanceReport {
        if options.isComplete {
            for (id, breach) in log.breaches.sorted(by: { $0.key < $1.key }) where breach.status != .resolved {
                note(.resolves, "breach \(id) is \(breach.status.rawValue) at the end", scope(of: breach.last))
            }
        }
        let patience = Duration.seconds(30)
        for (id, target) in log.targets
        where !target.isAcknowledged && (options.isComplete || last - target.at > patience) {
            note(
                .acknowledged, "no snapshot target_set followed the load target \(id)",
                Scope(message: target.event.message, role: .powerAgent, id: target.event.id))
        }
        for (id, breach) in log.breaches where breach.isBelievable && !breach.hints.isEmpty && !breach.isAnswered {
            guard options.isComplete || last - breach.last.time > patience else { continue }
            note(
                .answered, "no enforcement event answered breach \(id)",
                Scope(message: breach.last.message, role: .infra, id: breach.last.id))
        }
        return ConformanceReport(
            role: options.role, events: counts, messages: messages, findings: findings, omitted: omitted)
    }

    // MARK: Notes

    /// Where a finding belongs.
    struct Scope {
        let message: CapturedMessage
        let role: EventSource.Role?
        let id: String?
    }

    func scope(of event: JudgedEvent) -> Scope {
        Scope(message: event.message, role: event.source.role, id: event.id)
    }

    func concerns(_ role: EventSource.Role?) -> Bool { options.role == nil || role == nil || options.role == role }

    mutating func note(_ rule: ConformanceRule, _ problem: String, _ scope: Scope) {
        guard concerns(scope.role), scope.role.map({ rule.roles.contains($0) }) ?? true else { return }
        guard findings.count < Self.bound else {
            if rule.level == .violation { omitted += 1 }
            return
        }
        findings.append(
            ConformanceFinding(
                rule: rule, problem: problem, time: scope.message.time, topic: scope.message.topic, eventID: scope.id))
    }

    private static func role(of topic: String, _ prefix: String) -> EventSource.Role? {
        let parts = topic.dropFirst(topic.hasPrefix(prefix) ? prefix.count : 0).split(separator: "/")
        guard parts.count > 2 else { return nil }
        return EventSource("//grid/v1/\(parts[2])/x")?.role
    }

    /// A second copy of a message, as QoS 1 and retries make them, is not judged again.
    private mutating func isResent(_ json: JSONValue, _ message: CapturedMessage) -> Bool {
        guard let id = json["id"]?.string, let source = json["source"]?.string else { return false }
        return seen["\(source)#\(id)"] == message.payload.hashValue
    }

    // MARK: Envelopes

    private mutating func transport(_ scope: Scope, _ place: Topic?) {
        let message = scope.message
        let bytes = message.payload.utf8.count
        if bytes > 4 << 20 {
            note(.tooLarge, "has \(bytes) bytes", scope)
        } else if bytes > 64 << 10 {
            note(.large, "has \(bytes) bytes", scope)
        }
        if message.retained { note(.retained, "was replayed from the broker's retained messages", scope) }
        guard let place else {
            return note(.topic, "\(message.topic) is no channel", scope)
        }
        let binding = [EventType.loadTargetSet, .powerStateStatus].contains(place.type) ? 1 : 2
        if let qos = message.qos, qos < binding {
            note(.qos, "came with QoS \(qos); the binding of \(place.type.rawValue) is \(binding)", scope)
        }
    }

    private mutating func envelope(_ json: JSONValue, _ source: EventSource?, _ place: Topic?, _ scope: Scope) {
        if let place, let source, place.publisher != source || place.publisher.description != source.description {
            note(.topicSource, "\(source) on \(scope.message.topic)", scope)
        }
        if let place, let type = json["type"]?.string, type != place.type.rawValue {
            note(.topicType, "\(type) on \(scope.message.topic)", scope)
        }
        if let text = json["id"]?.string, let id = UUIDText(text) {
            let key = "\(json["source"]?.string ?? "")#\(text)"
            if seen[key] != nil { note(.idVersion, "the id \(text) came before with another content", scope) }
            if seen.count < ConversationLog.bound { seen[key] = scope.message.payload.hashValue }
            let digits = Array(id.text)
            if digits[14] != "4" || !"89ab".contains(digits[19]) {
                note(.idVersion, "the id \(text) is a UUID of another version", scope)
            }
        }
        if let type = json["type"]?.string.flatMap({ EventType(rawValue: $0) }), let subject = json["subject"]?.string,
            subject != type.subject
        {
            note(.subject, "subject is \"\(subject)\", usual is \"\(type.subject)\"", scope)
        }
        if let time = json["time"]?.string.flatMap({ Timestamp($0) }) {
            let age = scope.message.time - time
            if age > .seconds(300) || age < .seconds(-300) {
                note(.time, "time is \(time), and it came at \(scope.message.time)", scope)
            }
        }
        if let parent = json["traceparent"]?.string, ContractSchema.envelope.faults(in: json).isEmpty,
            TraceContext(traceparent: parent, tracestate: nil) == nil
        {
            note(.traceIDs, "traceparent is \(parent)", scope)
        }
    }

    // MARK: Signatures

    /// - Returns: the payload, also where its signature does not hold
    private mutating func payload(
        _ json: JSONValue, _ source: EventSource, _ type: EventType, _ scope: Scope
    ) -> JSONValue? {
        isBelievable = false
        guard let data = json["data"] else {
            note(.signed, "there is no data", scope)
            return nil
        }
        guard let token = data.string else {
            note(.signed, "data is \(data.kind), and nobody signed it", scope)
            return data
        }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let bytes = Base64URL.decode(parts[1]) else {
            note(.signed, "data is no compact JWS", scope)
            return nil
        }
        let header = Base64URL.decode(parts[0]).flatMap { try? JSONValue(parsing: $0) }
        let algorithm = header?["alg"]?.string
        let own = ["jwk", "jku", "x5u", "x5c", "crit", "b64"].filter { header?[$0] != nil }
        if algorithm.map({ ["ES256", "RS256"].contains($0) }) != true {
            note(.header, "alg is \(header?["alg"]?.text ?? "absent")", scope)
        } else if header?["kid"]?.string?.isEmpty != false {
            note(.header, "there is no kid", scope)
        } else if !own.isEmpty {
            note(.header, "carries \(own.joined(separator: ", "))", scope)
        }
        if let keys = options.keys {
            do {
                _ = try JWS.verify(token, keys: keys, now: scope.message.time.milliseconds / 1000)
                isBelievable = true
            } catch {
                note(.verifies, "\(error)", scope)
            }
        } else {
            isBelievable = true
            if !saidUnchecked, concerns(scope.role) {
                saidUnchecked = true
                note(.unchecked, "no keys were given", scope)
            }
        }
        if let kid = header?["kid"]?.string {
            if let owner = owners[kid], owner != source {
                note(.keyOwner, "the key \"\(kid)\" signs for \(owner) and for \(source)", scope)
            }
            if owners[kid] == nil, owners.count < ConversationLog.bound { owners[kid] = source }
        }
        guard let payload = try? JSONValue(parsing: bytes) else {
            note(.payload, "what was signed is no JSON", scope)
            return nil
        }
        return payload
    }
}
