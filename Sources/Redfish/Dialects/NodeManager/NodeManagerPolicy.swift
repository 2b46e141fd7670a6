import PowerEvents
import Shedding
import StrictJSON

/// A limit by a policy of this agent's own in a Node Manager, as DGX H100 firmware and Intel's bmcweb describe it.
///
/// The policy is volatile and does nothing when it cannot be kept. What was there before is no policy of ours, so that
/// putting back is deleting it, and switching off again what was off. Other people's policies are never touched; nothing
/// is switched on that would put one of them in force that cuts the power.
///
/// Its document is a ``NodeManagerDocument``.
enum NodeManagerPolicy: ControlDialect {
    static let name = "node-manager-policy"
    static let shape = ControlShape.nodeManager
    /// Within which a policy has to bring the power down; what web interfaces of such firmware send.
    private static let correctionMilliseconds = 6000

    /// In milliseconds; what a domain tells beyond is not believed.
    private static let correctionTimes = 1...600_000

    /// Under what name an agent's policy stands, so that it is found again after a crash.
    static func policyName(of agent: String) -> String { "ima-\(agent)" }

    static func objection(to document: JSONValue, at place: Locator) -> String? {
        guard let manager = document["NodeManager"], let domain = document["Domain"] else { return nil }
        for (resource, word) in [(manager, "the Node Manager"), (domain, "its domain")] {
            guard let state = state(resource), ["Enabled", "Disabled"].contains(state) else {
                let shown = resource["Status", "State"]?.text.prefix(40) ?? "nothing"
                return "cannot be used: \(word) shows \(shown) as its state, which is neither Enabled nor Disabled"
            }
            if NodeManagerDocument.isOff(resource), changeState(of: resource) == nil {
                return "cannot be used: \(word) is Disabled, and offers no ChangeState"
            }
        }
        return nil
    }

    static func reading(in document: JSONValue, at place: Locator) -> Reading? {
        guard let manager = document["NodeManager"], let domain = document["Domain"],
            objection(to: document, at: place) == nil
        else { return nil }
        let isOn = !NodeManagerDocument.isOff(manager) && !NodeManagerDocument.isOff(domain)
        var fragment = states(document)
        var limit: Watts?
        var isInForce = false
        if let policy = own(document).first {
            var members = JSONObject()
            members["Limit"] = policy["Limit"]
            fragment["Policy"] = .object(members)
            limit = RedfishNumber.positiveWatts(policy["Limit"])
            isInForce = isOn && !NodeManagerDocument.isOff(policy) && isFit(policy, domain)
        }
        let range = PowerRange(
            minimum: RedfishNumber.positiveWatts(domain["Capabilities", "Min"]),
            maximum: RedfishNumber.positiveWatts(domain["Capabilities", "Max"]))
        return Reading(limit, isInForce: isInForce, .object(fragment), range)
    }

    static func step(_ change: Convergence.Write, in document: JSONValue, at place: Locator) -> ControlStep? {
        switch change {
        case .limit(let watts):
            guard let requests = limiting(watts, document, place) else { return nil }
            guard requests.count > 1 else { return .change(requests) }
            return .prepare(
                requests[0], failureMessage: "not capped: the Node Manager does not take what the limit needs")
        case .restore(let fragment): return .change(restoring(fragment, document))
        case .reset, .speed, .mode: return nil
        }
    }

    /// A document without what is ours in it: what is there of a policy that nothing is known of any more was left behind,
    /// and is no prior to go back to.
    static func withoutOwn(_ document: JSONValue) -> JSONValue {
        var object = document.object ?? JSONObject()
        object["Own"] = .array([])
        return .object(object)
    }

    /// What there is where nothing of ours is, as a fragment.
    static func states(_ document: JSONValue) -> JSONObject {
        var fragment = JSONObject()
        for key in ["NodeManager", "Domain"] { fragment[key] = document[key].flatMap(state).map(JSONValue.string) }
        return fragment
    }

    // MARK: Requests

    /// What is missing for the limit, in this order: the policy first, so that all is in force at once.
    private static func limiting(_ watts: Watts, _ document: JSONValue, _ place: Locator) -> [ControlRequest]? {
        var requests: [ControlRequest] = []
        let limit: JSONValue = .number(JSONNumber(watts.wholeWatts))
        if let policy = own(document).first, let uri = Links.id(policy) {
            // Under our name, and yet not as we made it: it goes, and one is made in its place.
            guard isFit(policy, document["Domain"] ?? .null) else {
                guard let name = place.member, let collection = document["Policies"]?.string else { return nil }
                return [ControlRequest(delete: uri), ControlRequest(post: collection, body(name, limit, document))]
            }
            if RedfishNumber.watts(policy["Limit"]) != Watts(watts.wholeWatts) {
                requests.append(ControlRequest(patch: uri, ["Limit": limit]))
            }
            if NodeManagerDocument.isOff(policy) {
                let enabling: JSONValue = ["Status": ["State": "Enabled"]]
                requests.append(changing(policy, to: "Enabled") ?? ControlRequest(patch: uri, enabling))
            }
        } else {
            guard let collection = document["Policies"]?.string, let name = place.member else { return nil }
            requests.append(ControlRequest(post: collection, body(name, limit, document)))
        }
        let off = [document["Domain"], document["NodeManager"]].compactMap { $0 }.filter {
            NodeManagerDocument.isOff($0)
        }
        if !off.isEmpty {
            guard danger(document) == nil else { return nil }
            for resource in off {
                guard let request = changing(resource, to: "Enabled") else { return nil }
                requests.append(request)
            }
        }
        return requests
    }

    private static func body(_ name: String, _ limit: JSONValue, _ document: JSONValue) -> JSONValue {
        let capabilities = document["Domain", "Capabilities"]
        func bound(_ key: String) -> Int? {
            capabilities?[key]?.number?.int.flatMap { correctionTimes.contains($0) ? $0 : nil }
        }
        let least = bound("MinCorrectionTimeInMs") ?? correctionTimes.lowerBound
        let most = bound("MaxCorrectionTimeInMs") ?? correctionTimes.upperBound
        let correction = least <= most ? min(max(correctionMilliseconds, least), most) : correctionMilliseconds
        let domain = document["Domain", "Id"]?.string ?? NodeManagerDocument.domain
        return [
            "Id": .string(name), "Domain": .string(domain),
            "ComponentId": 255, "Limit": limit, "CorrectionInMs": .number(JSONNumber(correction)),
            "PolicyStorage": "Volatile", "PowerCorrectionType": "Auto", "LimitException": "NoAction",
            "StatisticsReportingPeriod": "PT1S", "Trigger": ["TriggerType": "AlwaysOn", "TriggerLimit": 0],
            "Status": ["State": "Enabled"],
        ]
    }

    /// What is ours goes, then the states are as they were.
    private static func restoring(_ fragment: JSONValue, _ document: JSONValue) -> [ControlRequest] {
        var requests = own(document).compactMap { Links.id($0) }.map { ControlRequest(delete: $0) }
        for key in ["NodeManager", "Domain"] {
            guard let before = fragment[key]?.string, let resource = document[key], state(resource) != before else {
                continue
            }
            if let request = changing(resource, to: before) { requests.append(request) }
        }
        return requests
    }

    private static func changing(_ resource: JSONValue, to state: String) -> ControlRequest? {
        changeState(of: resource).map { ControlRequest(post: $0, ["State": .string(state)]) }
    }

    // MARK: What is there

    private static func own(_ document: JSONValue) -> [JSONValue] { document["Own"]?.array ?? [] }

    /// Whether it limits the whole machine, and does nothing when it cannot be kept, as far as it tells.
    private static func isFit(_ policy: JSONValue, _ domain: JSONValue) -> Bool {
        if let exception = policy["LimitException"], exception != .null, exception != "NoAction" { return false }
        guard let told = policy["Domain"]?.string ?? Links.id(policy["Domain"]).map(Links.lastComponent) else {
            return true
        }
        let names = [NodeManagerDocument.domain, domain["Id"]?.string ?? NodeManagerDocument.domain]
        return names.contains { $0.lowercased() == told.lowercased() }
    }

    private static func state(_ resource: JSONValue) -> String? { resource["Status", "State"]?.string }

    private static func changeState(of resource: JSONValue) -> String? {
        let actions = resource["Actions"]?.object
        let name = actions?.keys.first { $0.hasSuffix("ChangeState") }
        return name.flatMap { actions?[$0]?["target"]?.string }
    }

    /// Why nothing may be switched on: somebody's enabled policy, in force then, would cut the power, or may. Nothing is
    /// begun then; what is ours already is taken away all the same.
    static func danger(_ document: JSONValue) -> String? {
        guard NodeManagerDocument.isOff(document["NodeManager"]) || NodeManagerDocument.isOff(document["Domain"]) else {
            return nil
        }
        if let unread = document["Unread"]?.number?.int, unread > 0 {
            return "is not switched on: \(unread) of its policies cannot be read, and may cut the power"
        }
        let fatal = (document["Foreign"]?.array ?? []).first { policy in
            !NodeManagerDocument.isOff(policy) && ["HardPowerOff", "Oem"].contains(policy["LimitException"]?.string)
        }
        guard let fatal else { return nil }
        let id = fatal["Id"]?.string ?? Links.id(fatal) ?? "another policy"
        let exception = fatal["LimitException"]?.string ?? ""
        return
            "is not switched on: that would put the policy \(id.prefix(64)) in force, whose exception is \(exception)"
    }
}
