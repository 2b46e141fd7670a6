import PowerEvents
public import StrictJSON

/// What a power agent has to know after a restart: what is scheduled, what is breached, and which events it has seen.
public struct PowerAgentRecord: Sendable {
    public var feeds: [String: FeedControl]
    /// Names of events and payloads (``EventGate/remembered``).
    public var remembered: [String]

    /// Alerts that the broker has not acknowledged, oldest first; with their ids, so that a second copy is known as one.
    public var outbox: [Unsent]

    /// An event that is on its way.
    public struct Unsent: Sendable, Hashable {
        public var topic: String
        public var payload: String

        public init(topic: String, payload: String) {
            self.topic = topic
            self.payload = payload
        }
    }

    public init(feeds: [String: FeedControl], remembered: [String], outbox: [Unsent] = []) {
        self.feeds = feeds
        self.remembered = remembered
        self.outbox = outbox
    }

    static let version = 1

    public var json: JSONValue {
        var list = JSONObject()
        for (tag, feed) in feeds.sorted(by: { $0.key < $1.key }) { list[tag] = feed.record }
        return [
            "version": .number(JSONNumber(Self.version)), "feeds": .object(list),
            "seen": .array(remembered.map(JSONValue.string)),
            "outbox": .array(outbox.map { ["topic": .string($0.topic), "payload": .string($0.payload)] }),
        ]
    }

    /// - Parameter profiles: the feeds that the configuration knows; what is recorded of others is left out
    /// - Throws: ``Unreadable``
    public init(json: JSONValue, profiles: [FeedProfile]) throws(Unreadable) {
        guard json["version"]?.number?.int == Self.version else {
            throw Unreadable(what: "\"version\" should be \(Self.version)")
        }
        var feeds: [String: FeedControl] = [:]
        for profile in profiles {
            guard let record = json["feeds", profile.tag] else { continue }
            feeds[profile.tag] = try FeedControl(profile, record: record)
        }
        self.init(
            feeds: feeds, remembered: (json["seen"]?.array ?? []).compactMap(\.string),
            outbox: (json["outbox"]?.array ?? []).compactMap { entry in
                guard let topic = entry["topic"]?.string, let payload = entry["payload"]?.string else { return nil }
                return Unsent(topic: topic, payload: payload)
            })
    }

    public struct Unreadable: Error, CustomStringConvertible {
        let what: String
        public var description: String { "the recorded state cannot be read: \(what)" }
    }
}

extension FeedControl {
    fileprivate var record: JSONValue {
        var object = JSONObject()
        object["targets"] = .array(schedule.targets.map(\.record))
        object["applied"] = applied?.record
        object["admitted"] = JSONNumber(admitted).map(JSONValue.number)
        object["event_start"] = eventStart.map { .string($0.description) }
        if let ramp {
            object["ramp"] = [
                "direction": .string(ramp.direction.rawValue), "since": .string(ramp.since.description),
            ]
        }
        if let cause {
            var record = JSONObject()
            record["correlation_id"] = cause.correlationID.map { .string($0.text) }
            record["traceparent"] = cause.trace.map { .string($0.traceparent) }
            record["tracestate"] = cause.trace?.state.map(JSONValue.string)
            object["cause"] = .object(record)
        }
        object["breach"] = breach?.record
        return .object(object)
    }

    fileprivate init(_ profile: FeedProfile, record: JSONValue) throws(PowerAgentRecord.Unreadable) {
        self.init(profile)
        let tag = profile.tag
        var targets: [LoadTarget] = []
        for target in record["targets"]?.array ?? [] { targets.append(try LoadTarget(record: target, of: tag)) }
        schedule = LoadSchedule(targets)
        applied = try record["applied"].map { value throws(PowerAgentRecord.Unreadable) in
            try LoadTarget(record: value, of: tag)
        }
        admitted = min(max(record["admitted"]?.number?.double ?? 1, 0), 1)
        eventStart = record["event_start"]?.string.flatMap { Timestamp($0) }
        if let direction = record["ramp", "direction"]?.string.flatMap(Ramp.Direction.init),
            let since = record["ramp", "since"]?.string.flatMap({ Timestamp($0) })
        {
            ramp = Ramp(direction, since: since)
        }
        if let cause = record["cause"] {
            self.cause = Cause(
                correlationID: cause["correlation_id"]?.string.flatMap(UUIDText.init),
                trace: TraceContext(record: cause))
        }
        breach = try record["breach"].map { value throws(PowerAgentRecord.Unreadable) in
            try OpenBreach(record: value, of: tag)
        }
    }
}

extension TraceContext {
    fileprivate init?(record: JSONValue) {
        guard let parent = record["traceparent"]?.string else { return nil }
        self.init(traceparent: parent, tracestate: record["tracestate"]?.string)
    }
}

extension LoadTarget {
    fileprivate var record: JSONValue {
        var object = JSONObject()
        object["constraint"] = constraint.json
        object["start"] = .string(start.description)
        object["end"] = end.map { .string($0.description) }
        object["best_effort"] = .bool(bestEffort)
        object["correlation_id"] = .string(correlationID.text)
        object["traceparent"] = trace.map { .string($0.traceparent) }
        object["tracestate"] = trace?.state.map(JSONValue.string)
        return .object(object)
    }

    fileprivate init(record: JSONValue, of tag: String) throws(PowerAgentRecord.Unreadable) {
        guard let value = record["constraint", "value"]?.number,
            let unit = record["constraint", "unit"]?.string.flatMap(PowerUnit.init),
            let constraint = PowerQuantity(decimal: value.text, unit: unit),
            let start = record["start"]?.string.flatMap({ Timestamp($0) }),
            let id = record["correlation_id"]?.string.flatMap(UUIDText.init)
        else { throw .init(what: "a target of \(tag)") }
        self.init(
            constraint: constraint, start: start, end: record["end"]?.string.flatMap { Timestamp($0) },
            bestEffort: record["best_effort"]?.bool ?? false, correlationID: id, trace: TraceContext(record: record))
    }
}

extension OpenBreach {
    fileprivate var record: JSONValue {
        var watts = JSONObject()
        for (id, draw) in before.sorted(by: { $0.key < $1.key }) { watts[id] = JSONNumber(draw).map(JSONValue.number) }
        return [
            "id": .string(id.text), "detected_at": .string(detectedAt.description), "target": target.record,
            "status": .string(status.rawValue), "severity": .string(severity.rawValue),
            "hints": .array(hints.map(\.json)), "before": .object(watts),
            "measured": JSONNumber(measured).map(JSONValue.number) ?? .null,
            "failed": .array(failed.sorted().map(JSONValue.string)), "asked_at": .string(askedAt.description),
        ]
    }

    fileprivate init(record: JSONValue, of tag: String) throws(PowerAgentRecord.Unreadable) {
        guard let id = record["id"]?.string.flatMap(UUIDText.init),
            let detectedAt = record["detected_at"]?.string.flatMap({ Timestamp($0) }), let target = record["target"],
            let status = record["status"]?.string.flatMap(BreachAlert.Status.init),
            let severity = record["severity"]?.string.flatMap(BreachAlert.Severity.init)
        else { throw .init(what: "the breach of \(tag)") }
        self.init(
            id: id, detectedAt: detectedAt, target: try LoadTarget(record: target, of: tag), severity: severity,
            measured: record["measured"]?.number?.double ?? 0)
        self.status = status
        hints = (record["hints"]?.array ?? []).compactMap { try? ShedHint(json: $0) }
        for member in record["before"]?.object ?? JSONObject() { before[member.key] = member.value.number?.double }
        failed = Set((record["failed"]?.array ?? []).compactMap(\.string))
        askedAt = record["asked_at"]?.string.flatMap { Timestamp($0) } ?? detectedAt
        // Told again at once: nobody knows whether the last alert went out.
        publishedAt = Timestamp(milliseconds: 0)
    }
}
