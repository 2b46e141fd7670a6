import StrictJSON

/// One feed in a power state snapshot.
public struct FeedState: Sendable, Hashable {
    /// A load target of the feed, in force or scheduled.
    public struct Target: Sendable, Hashable {
        public var active: Bool
        public var loadConstraint: PowerQuantity
        public var interval: Interval
        public var bestEffort: Bool
        public var correlationID: UUIDText

        public init(
            active: Bool, loadConstraint: PowerQuantity, interval: Interval = Interval(), bestEffort: Bool = false,
            correlationID: UUIDText
        ) {
            self.active = active
            self.loadConstraint = loadConstraint
            self.interval = interval
            self.bestEffort = bestEffort
            self.correlationID = correlationID
        }
    }

    public var powerMinimum: PowerQuantity
    public var powerMaximum: PowerQuantity
    public var defaultConstraint: PowerQuantity
    public var targets: [Target]
    public var calculatedLoad: PowerQuantity
    public var inFlight: Bool
    /// The newer layout's place for the trigger.
    public var event: PowerStateStatus.Event?
    public var powerEventStart: Timestamp?
    public var compliant: Bool

    public init(
        powerMinimum: PowerQuantity, powerMaximum: PowerQuantity, defaultConstraint: PowerQuantity,
        targets: [Target] = [], calculatedLoad: PowerQuantity, inFlight: Bool = false,
        event: PowerStateStatus.Event? = nil, powerEventStart: Timestamp? = nil, compliant: Bool = true
    ) {
        self.powerMinimum = powerMinimum
        self.powerMaximum = powerMaximum
        self.defaultConstraint = defaultConstraint
        self.targets = targets
        self.calculatedLoad = calculatedLoad
        self.inFlight = inFlight
        self.event = event
        self.powerEventStart = powerEventStart
        self.compliant = compliant
    }
}

extension FeedState {
    init(_ field: Field) throws {
        let metadata = try field.required("metadata")
        self.init(
            powerMinimum: try metadata.required("power_minimum").power(),
            powerMaximum: try metadata.required("power_maximum").power(),
            defaultConstraint: try metadata.required("default_constraint").power(),
            targets: try field.required("targets").elements().map { try Target($0) },
            calculatedLoad: try field.required("calculated_load").power(),
            inFlight: try field.required("in_flight").bool(),
            event: try field.optional("event")?.choice(PowerStateStatus.Event.self),
            powerEventStart: try field.optional("power_event_start_time")?.timestamp(),
            compliant: try field.required("compliant").bool())
    }

    var json: JSONValue {
        var object = JSONObject()
        object["metadata"] = [
            "power_minimum": powerMinimum.json, "power_maximum": powerMaximum.json,
            "default_constraint": defaultConstraint.json,
        ]
        object["targets"] = .array(targets.map(\.json))
        object["calculated_load"] = calculatedLoad.json
        object["in_flight"] = .bool(inFlight)
        object["event"] = event.map { .string($0.rawValue) }
        object["power_event_start_time"] = powerEventStart.map { .string($0.description) }
        object["compliant"] = .bool(compliant)
        return .object(object)
    }
}

extension FeedState.Target {
    init(_ field: Field) throws {
        self.init(
            active: try field.required("active").bool(),
            loadConstraint: try field.required("load_constraint").power(),
            interval: try Interval(field.required("interval")),
            bestEffort: try field.required("strategy").optional("best_effort")?.bool() ?? false,
            correlationID: try field.required("correlation_id").uuid())
    }

    var json: JSONValue {
        [
            "active": .bool(active), "load_constraint": loadConstraint.json, "interval": interval.json,
            "strategy": ["best_effort": .bool(bestEffort)], "correlation_id": .string(correlationID.text),
        ]
    }
}
