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
    /// How a cap in watts on it would be met; nil where that is not known yet.
    public internal(set) var capPath: CapPath?
    /// What it draws, as its meter showed at the last probe; of a GPU, as its node's turn did.
    public internal(set) var draw: Watts?
    /// Why it was not measured.
    public internal(set) var notMeasured: String?
    /// Of a node, what each of its GPUs drew in the same turn.
    public internal(set) var gpuDraws: [String: Watts] = [:]
    /// Of a node of which all GPUs were measured, what it draws beside them.
    public internal(set) var rest: Watts?
    /// What the inventory says that it draws beside them, at least.
    public let leastRest: Watts?
    /// Of a node that is capped through one control for all of its GPUs, the range and limit of that.
    public internal(set) var gpuTotalRange: PowerRange?
    public internal(set) var gpuTotalLimit: Watts?
    /// Where the meters are, for the next turn.
    var meter: JSONValue?
    /// Of the read of the control alone.
    public internal(set) var roundTrip: Duration?
    /// What is wrong with the whole BMC.
    public internal(set) var trouble: BMCTrouble?
    /// Which machine it was seen to be.
    var machine: MachineIdentity?
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
        leastRest = resource.rest
    }

    /// What is taken off a cap before it is a budget of the GPUs: the larger of measured and configured.
    public var restTaken: Watts? { [rest, leastRest].compactMap { $0 }.max() }

    /// What it tells of how a budget is split, and of what is drawn.
    var sight: Sight {
        var sight = Sight(watts: gpuDraws)
        sight.trouble = trouble
        if let machine { sight.identities[resource] = machine }
        // A GPU is measured with its node; what stands here of it is of that turn, and was told then.
        if type != .gpu || meter != nil { sight.watts[resource] = draw }
        let own = ControlKey(resource: resource, facet: .powerLimit)
        let together = ControlKey(resource: resource, facet: .gpuTotal)
        switch capPath {
        case .own, .nodeManager: sight.controls[own] = ControlSight(range: range, limit: value?.limit)
        case .gpuTotal:
            sight.controls[own] = ControlSight(isMissing: true)
            sight.controls[together] = ControlSight(range: gpuTotalRange ?? PowerRange(), limit: gpuTotalLimit)
        case .gpus:
            sight.controls[own] = ControlSight(isMissing: true)
            sight.controls[together] = ControlSight(isMissing: true)
        // What could not be seen now may be seen another time.
        case .nothing, nil: break
        }
        return sight
    }

    public var isEnforceable: Bool { objections.isEmpty }

    /// All that stands in the way, in one line; empty where nothing does.
    public var objection: String { objections.joined(separator: "; ") }

    /// The least and the most that it can be limited to, and what limits it now; nil where that is not known.
    public var minimum: Watts? { range.minimum }
    public var maximum: Watts? { range.maximum }
    public var limit: Watts? { value?.limit }

    /// Once, however often it is seen.
    mutating func remark(_ text: String) { if !remarks.contains(text) { remarks.append(text) } }

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
        object["cap_path"] = capPath?.json ?? .null
        object["draw_watts"] = draw.map(Self.number) ?? .null
        object["rest_watts"] = restTaken.map(Self.number) ?? .null
        object["not_measured"] = notMeasured.map(JSONValue.string) ?? .null
        object["value"] = value.map { .string($0.description) } ?? .null
        object["round_trip_ms"] = roundTrip.map { .number(JSONNumber(Int($0 / .milliseconds(1)))) } ?? .null
        object["objections"] = .array(objections.map(JSONValue.string))
        object["remarks"] = .array(remarks.map(JSONValue.string))
        return .object(object)
    }

    private static func number(_ watts: Watts) -> JSONValue {
        JSONNumber(text: PowerQuantity(watts: watts, unit: .watt).valueText).map(JSONValue.number) ?? .null
    }
}
