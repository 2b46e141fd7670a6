import PowerEvents
import Shedding
import StrictJSON

/// The power limit of AMI firmware (Gigabyte and others): it limits nothing until an action armed it.
///
/// Usable only where the document shows whether it is armed, since nothing counts that cannot be read back.
enum AMIPowerControl: ControlDialect {
    static let name = "ami-power-control"
    static let shape = ControlShape.power
    private static let armed: JSONValue = "Activate"
    private static let unarmed = "Deactivate"

    static func objection(to document: JSONValue, at place: Locator) -> String? {
        guard trigger(document) != nil, let state = state(document) else { return nil }
        return OwnValue.objection(toMode: state, "PowerLimitTrigger", among: ["Activate", unarmed])
            ?? PowerControlLimit.objection(to: document, at: place)
    }

    static func reading(in document: JSONValue, at place: Locator) -> Reading? {
        guard trigger(document) != nil, objection(to: document, at: place) == nil, let state = state(document),
            let control = PowerControlLimit.control(in: document, member: place.member),
            PowerControlLimit.hasWatts(control), let limit = control["PowerLimit"], limit.object != nil
        else { return nil }
        var fragment = PowerControlLimit.fragment(limit)
        fragment["PowerLimitTrigger"] = state
        let oem = control["Oem", "Vendor", "PowerLimit"]
        let range = PowerRange(
            minimum: RedfishNumber.positiveWatts(oem?["Min"]), maximum: RedfishNumber.positiveWatts(oem?["Max"]))
        return Reading(
            RedfishNumber.positiveWatts(limit["LimitInWatts"]), isInForce: state == armed, .object(fragment), range)
    }

    static func step(_ change: Convergence.Write, in document: JSONValue, at place: Locator) -> ControlStep? {
        guard let trigger = trigger(document) else { return nil }
        switch change {
        case .limit(let watts):
            if let step = PowerControlLimit.disarming(document, place) { return step }
            guard
                let set = PowerControlLimit.request(
                    ["LimitInWatts": .number(JSONNumber(watts.wholeWatts))], in: document, at: place)
            else { return nil }
            let limit = PowerControlLimit.control(in: document, member: place.member)?["PowerLimit", "LimitInWatts"]
            let isSet = RedfishNumber.watts(limit) == Watts(watts.wholeWatts)
            if state(document) == armed { return .change(isSet ? [] : [set]) }
            // Armed only once it is known what is armed, and looked at again then: a reboot in between arms what the
            // limit was before.
            guard isSet else {
                return .prepare(set, failureMessage: "not capped: the BMC does not take the limit that was to be armed")
            }
            return .prepare(
                ControlRequest(post: trigger, ["PowerLimitTrigger": armed]),
                failureMessage: "not capped: the limit is set, but the BMC does not arm it")
        case .restore(let fragment):
            guard
                let set = PowerControlLimit.request(
                    PowerControlLimit.restoring(fragment, in: document, at: place), in: document, at: place)
            else { return nil }
            guard let before = fragment["PowerLimitTrigger"], before != state(document) else { return .change([set]) }
            // Unarmed first: what it held before may be far lower than the machine needs.
            return .change([ControlRequest(post: trigger, ["PowerLimitTrigger": before]), set])
        case .reset, .speed, .mode: return nil
        }
    }

    private static func trigger(_ document: JSONValue) -> String? {
        let actions = document["Actions"]?.object
        let name = actions?.keys.first { $0.hasSuffix("LimitTrigger") }
        return name.flatMap { actions?[$0]?["target"]?.string }
    }

    private static func state(_ document: JSONValue) -> JSONValue? {
        document["Oem"]?.object?.lazy.compactMap { $0.value["PowerLimitTrigger"] }.first
    }
}
