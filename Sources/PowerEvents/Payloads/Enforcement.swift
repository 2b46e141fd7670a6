public import StrictJSON

/// The outcome of one hint.
public struct EnforcementResult: Sendable, Hashable {
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// Read back from the BMC.
        case applied
        case failed
        case skipped
    }

    public var resourceID: String
    public var resourceType: ResourceType
    public var requestedAction: ShedAction
    public var code: Code
    public var message: String?
    /// What the control holds, where that is not what was asked for.
    public var appliedPower: PowerQuantity?

    public init(
        resourceID: String, resourceType: ResourceType, requestedAction: ShedAction, code: Code,
        message: String? = nil, appliedPower: PowerQuantity? = nil
    ) {
        self.resourceID = resourceID
        self.resourceType = resourceType
        self.requestedAction = requestedAction
        self.code = code
        self.message = message
        self.appliedPower = appliedPower
    }
}

/// The payload of `grid.powerbreach.enforcement.v1`: what this agent did for a breach, or undid after it.
public struct Enforcement: Sendable, Hashable {
    public enum Action: String, Sendable, Hashable, CaseIterable {
        case applied, reverted
    }

    public enum Code: String, Sendable, Hashable, CaseIterable {
        case success, partial, error
    }

    public var breachID: UUIDText
    public var feedTag: String
    public var action: Action
    public var code: Code
    public var diagnosticMessage: String?
    public var results: [EnforcementResult]
    public var timestamp: Timestamp

    public init(
        breachID: UUIDText, feedTag: String, action: Action, code: Code, diagnosticMessage: String? = nil,
        results: [EnforcementResult], timestamp: Timestamp
    ) {
        self.breachID = breachID
        self.feedTag = feedTag
        self.action = action
        self.code = code
        self.diagnosticMessage = diagnosticMessage
        self.results = results
        self.timestamp = timestamp
    }
}

extension EnforcementResult {
    init(_ field: Field) throws {
        self.init(
            resourceID: try field.required("resource_id").nonEmptyString(),
            resourceType: try field.required("resource_type").choice(ResourceType.self),
            requestedAction: try field.required("requested_action").choice(ShedAction.self),
            code: try field.required("code").choice(Code.self),
            message: try field.optional("message")?.string(),
            appliedPower: try field.optional("applied_power")?.power())
    }

    public var json: JSONValue {
        var object = JSONObject()
        object["resource_id"] = .string(resourceID)
        object["resource_type"] = .string(resourceType.rawValue)
        object["requested_action"] = .string(requestedAction.rawValue)
        object["code"] = .string(code.rawValue)
        object["message"] = message.map(JSONValue.string)
        object["applied_power"] = appliedPower?.json
        return .object(object)
    }
}

extension Enforcement {
    /// - Throws: ``EventDecodingError``, also where the payload is of another kind.
    public init(json: JSONValue) throws {
        try PayloadKind.require(.enforcement, of: json)
        let payload = Field(json)
        self.init(
            breachID: try payload.required("breach_id").uuid(),
            feedTag: try payload.required("feed_tag").nonEmptyString(),
            action: try payload.required("action").choice(Action.self),
            code: try payload.required("code").choice(Code.self),
            diagnosticMessage: try payload.optional("diag_msg")?.string(),
            results: try payload.required("results").elements().map { try EnforcementResult($0) },
            timestamp: try payload.required("timestamp").timestamp())
    }

    public var json: JSONValue {
        var object = JSONObject()
        object["breach_id"] = .string(breachID.text)
        object["feed_tag"] = .string(feedTag)
        object["action"] = .string(action.rawValue)
        object["code"] = .string(code.rawValue)
        object["diag_msg"] = diagnosticMessage.map(JSONValue.string)
        object["results"] = .array(results.map(\.json))
        object["timestamp"] = .string(timestamp.description)
        return .object(object)
    }
}
