public import PowerEvents
public import Shedding
public import Site
public import StrictJSON

/// Whether a resource is enforceable now, as a probe of its BMC tells.
public struct Assessment: Sendable {
    public let resource: String
    public let type: ResourceType
    public let bmc: BMC?
    /// nil where it did not come to that.
    public internal(set) var isReachable: Bool?
    public internal(set) var isTrusted: Bool?
    public internal(set) var isLoggedIn: Bool?
    public internal(set) var model: String?
    /// The kind of control, its URI, and what made it the one.
    public internal(set) var control: (dialect: String, uri: String, why: String)?
    /// What tells the control apart from others.
    public internal(set) var identity: ControlIdentity?
    /// The resources that lead to the same control, of those that were looked at together.
    public internal(set) var sharedWith: [String] = []
    public internal(set) var range = PowerRange()
    public internal(set) var value: ControlValue?
    /// Of the read of the control alone.
    public internal(set) var roundTrip: Duration?
    /// What would stop an enforcement.
    public internal(set) var objections: [String] = []
    /// What an operator may want to know all the same.
    public internal(set) var remarks: [String] = []

    /// When to look again, where the BMC asked for time.
    var retryAfter: Duration?

    init(_ resource: Resource) {
        self.resource = resource.id
        type = resource.type
        bmc = resource.bmc
    }

    /// What it tells of how a budget is split.
    var sight: Sight {
        guard value != nil || control != nil else { return Sight() }
        let key = ControlKey(resource: resource, facet: .powerLimit)
        return Sight(controls: [key: ControlSight(range: range, limit: value?.limit)])
    }

    public var isEnforceable: Bool { objections.isEmpty }

    /// Says of each what else leads to its control.
    static func joinShared(_ assessments: inout [Assessment]) {
        var users: [ControlIdentity: [String]] = [:]
        for assessment in assessments {
            if let identity = assessment.identity { users[identity, default: []].append(assessment.resource) }
        }
        for index in assessments.indices {
            guard let identity = assessments[index].identity else { continue }
            let others = (users[identity] ?? []).filter { $0 != assessments[index].resource }
            guard !others.isEmpty else { continue }
            assessments[index].sharedWith = others
            assessments[index].remarks.append("shares its control with \(others.joined(separator: ", "))")
        }
    }

    public var json: JSONValue {
        var object = JSONObject()
        object["resource"] = .string(resource)
        object["type"] = .string(type.rawValue)
        object["bmc"] = bmc.map { .string($0.address.description) } ?? .null
        object["enforceable"] = .bool(isEnforceable)
        object["reachable"] = isReachable.map(JSONValue.bool) ?? .null
        object["trusted"] = isTrusted.map(JSONValue.bool) ?? .null
        object["logged_in"] = isLoggedIn.map(JSONValue.bool) ?? .null
        object["model"] = model.map(JSONValue.string) ?? .null
        object["control"] = control.map { .string($0.uri) } ?? .null
        object["dialect"] = control.map { .string($0.dialect) } ?? .null
        object["why"] = control.map { .string($0.why) } ?? .null
        object["shared_with"] = .array(sharedWith.map(JSONValue.string))
        object["minimum_watts"] = range.minimum.map { .number(JSONNumber($0.wholeWatts)) } ?? .null
        object["maximum_watts"] = range.maximum.map { .number(JSONNumber($0.wholeWatts)) } ?? .null
        object["value"] = value.map { .string($0.description) } ?? .null
        object["round_trip_ms"] = roundTrip.map { .number(JSONNumber(Int($0 / .milliseconds(1)))) } ?? .null
        object["objections"] = .array(objections.map(JSONValue.string))
        object["remarks"] = .array(remarks.map(JSONValue.string))
        return .object(object)
    }
}
