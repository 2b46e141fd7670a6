public import StrictJSON

/// The three things that a hint can name.
public enum ResourceType: String, Sendable, Hashable, CaseIterable {
    case node, gpu, chassis
}

/// What a hint asks for.
public enum ShedAction: String, Sendable, Hashable, CaseIterable {
    case powerCap = "power_cap"
    case throttle
    case suspend
}

/// One recommendation of an alert: what to shed where, and in which turn.
public struct ShedHint: Sendable, Hashable {
    public var resourceID: String
    public var resourceType: ResourceType
    public var action: ShedAction
    /// 1 is shed first, higher numbers later.
    public var priority: Int
    /// The cap asked for, where there is one.
    public var targetPower: PowerQuantity?

    public init(
        resourceID: String, resourceType: ResourceType, action: ShedAction, priority: Int,
        targetPower: PowerQuantity? = nil
    ) {
        self.resourceID = resourceID
        self.resourceType = resourceType
        self.action = action
        self.priority = priority
        self.targetPower = targetPower
    }
}

extension ShedHint {
    init(_ field: Field) throws {
        self.init(
            resourceID: try field.required("resource_id").nonEmptyString(),
            resourceType: try field.required("resource_type").choice(ResourceType.self),
            action: try field.required("action").choice(ShedAction.self),
            priority: try field.required("priority").integer(atLeast: 1),
            targetPower: try field.optional("target_power")?.power())
    }

    public init(json: JSONValue) throws { try self.init(Field(json)) }

    public var json: JSONValue {
        var object = JSONObject()
        object["resource_id"] = .string(resourceID)
        object["resource_type"] = .string(resourceType.rawValue)
        object["action"] = .string(action.rawValue)
        object["priority"] = .number(JSONNumber(priority))
        object["target_power"] = targetPower?.json
        return .object(object)
    }
}
