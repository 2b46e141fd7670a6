public import StrictJSON

/// The payload of `grid.powerbreach.alert.v1`: a feed carries more than it may, or no longer does.
public struct BreachAlert: Sendable, Hashable {
    public enum Status: String, Sendable, Hashable, CaseIterable {
        case active, escalated, resolved
    }

    public enum Severity: String, Sendable, Hashable, CaseIterable {
        case warning, critical
    }

    /// Measures that are for people to take; this agent shows and never executes them.
    public enum InfrastructureAction: String, Sendable, Hashable, CaseIterable {
        case shutdownNodes = "SHUTDOWN_NODES"
        case shutdownRacks = "SHUTDOWN_RACKS"
        case cutDataFeeds = "CUT_DATA_FEEDS"
        case tripBreakers = "TRIP_BREAKERS"
    }

    public var feedTag: String
    public var status: Status
    public var severity: Severity
    public var breachID: UUIDText
    public var detectedAt: Timestamp
    public var resolvedAt: Timestamp?
    /// The load target that is breached: the id it was set with, and its constraint.
    public var targetCorrelationID: UUIDText
    public var loadConstraint: PowerQuantity
    public var measuredLoad: PowerQuantity
    /// Empty and absent mean the same: nothing to do.
    public var shedHints: [ShedHint]
    public var infrastructureActions: [InfrastructureAction]

    public init(
        feedTag: String, status: Status, severity: Severity, breachID: UUIDText, detectedAt: Timestamp,
        resolvedAt: Timestamp? = nil, targetCorrelationID: UUIDText, loadConstraint: PowerQuantity,
        measuredLoad: PowerQuantity, shedHints: [ShedHint] = [], infrastructureActions: [InfrastructureAction] = []
    ) {
        self.feedTag = feedTag
        self.status = status
        self.severity = severity
        self.breachID = breachID
        self.detectedAt = detectedAt
        self.resolvedAt = resolvedAt
        self.targetCorrelationID = targetCorrelationID
        self.loadConstraint = loadConstraint
        self.measuredLoad = measuredLoad
        self.shedHints = shedHints
        self.infrastructureActions = infrastructureActions
    }
}

extension BreachAlert {
    /// ``infrastructureActions``, each once, from the least to the most disruptive: of a known length, however often one of
    /// them was said.
    public var distinctActions: [InfrastructureAction] {
        let said = Set(infrastructureActions)
        return InfrastructureAction.allCases.filter(said.contains)
    }

    /// - Throws: ``EventDecodingError``, also where the payload is of another kind.
    public init(json: JSONValue) throws {
        try PayloadKind.require(.breachAlert, of: json)
        let payload = Field(json)
        let breach = try payload.required("breach")
        let target = try payload.required("target")
        self.init(
            feedTag: try payload.required("feed_tag").nonEmptyString(),
            status: try payload.required("status").choice(Status.self),
            severity: try payload.required("severity").choice(Severity.self),
            breachID: try breach.required("breach_id").uuid(),
            detectedAt: try breach.required("detected_at").timestamp(),
            resolvedAt: try breach.optional("resolved_at")?.timestamp(),
            targetCorrelationID: try target.required("correlation_id").uuid(),
            loadConstraint: try target.required("load_constraint").power(),
            measuredLoad: try payload.required("measured_load").power(),
            shedHints: try payload.optional("shed_hints")?.elements().map { try ShedHint($0) } ?? [],
            infrastructureActions: try payload.required("infrastructure_actions").elements().map {
                try $0.choice(InfrastructureAction.self)
            })
    }

    public var json: JSONValue {
        var breach = JSONObject()
        breach["breach_id"] = .string(breachID.text)
        breach["detected_at"] = .string(detectedAt.description)
        breach["resolved_at"] = resolvedAt.map { .string($0.description) }
        var object = JSONObject()
        object["feed_tag"] = .string(feedTag)
        object["status"] = .string(status.rawValue)
        object["severity"] = .string(severity.rawValue)
        object["breach"] = .object(breach)
        object["target"] = [
            "correlation_id": .string(targetCorrelationID.text), "load_constraint": loadConstraint.json,
        ]
        object["measured_load"] = measuredLoad.json
        if status != .resolved { object["shed_hints"] = .array(shedHints.map(\.json)) }
        object["infrastructure_actions"] = .array(infrastructureActions.map { .string($0.rawValue) })
        return .object(object)
    }
}
