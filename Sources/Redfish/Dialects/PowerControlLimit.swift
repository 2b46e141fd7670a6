import PowerEvents
import Shedding
import StrictJSON

/// `Power.PowerControl[].PowerLimit`, the oldest shape (DSP2046, Power).
enum PowerControlLimit: ControlDialect {
    static let name = "power-control"
    static let shape = ControlShape.power

    static func objection(to document: JSONValue, at place: Locator) -> String? {
        guard let limit = limit(in: document, at: place) else { return nil }
        return OwnValue.objection(toPower: limit["LimitInWatts"], "LimitInWatts")
    }

    static func reading(in document: JSONValue, at place: Locator) -> Reading? {
        guard let control = control(in: document, member: place.member), !isPlaceholder(control), hasWatts(control),
            objection(to: document, at: place) == nil, let limit = limit(in: document, at: place)
        else { return nil }
        let watts = RedfishNumber.watts(limit["LimitInWatts"])
        return Reading(
            value: .limit(watts == .zero ? nil : watts), fragment: .object(fragment(limit)),
            range: PowerRange(
                minimum: RedfishNumber.positiveWatts(control["Oem", "Cray", "PowerLimit", "Min"]),
                maximum: RedfishNumber.positiveWatts(control["Oem", "Cray", "PowerLimit", "Max"])
                    ?? RedfishNumber.positiveWatts(control["PowerCapacityWatts"])))
    }

    static func step(_ change: Convergence.Write, in document: JSONValue, at place: Locator) -> ControlStep? {
        switch change {
        case .limit(let watts):
            if let step = disarming(document, place) { return step }
            return request(["LimitInWatts": .number(JSONNumber(watts.wholeWatts))], in: document, at: place).map {
                .change([$0])
            }
        case .restore(let fragment):
            return request(restoring(fragment, in: document, at: place), in: document, at: place).map { .change([$0]) }
        case .reset, .speed, .mode: return nil
        }
    }

    /// What is kept of a limit: its exception too, where ours may have to change it.
    static func fragment(_ limit: JSONValue) -> JSONObject {
        var fragment = JSONObject()
        fragment["LimitInWatts"] = limit["LimitInWatts"]
        if isFatal(limit) { fragment["LimitException"] = limit["LimitException"] }
        return fragment
    }

    /// A limit whose exception is to cut the power must lose that first: a cap that the machine cannot reach would
    /// switch it off.
    static func disarming(_ document: JSONValue, _ place: Locator) -> ControlStep? {
        guard isFatal(control(in: document, member: place.member)?["PowerLimit"] ?? .null),
            let request = request(["LimitException": "NoAction"], in: document, at: place)
        else { return nil }
        return .prepare(
            request,
            failureMessage:
                "not capped: the limit's exception is HardPowerOff, which could switch the machine off, and the"
                + " BMC does not let it be changed")
    }

    static func restoring(_ fragment: JSONValue, in document: JSONValue, at place: Locator) -> JSONValue {
        var limit = JSONObject()
        // A limit that was absent had no value; null is the way to say so (DSP2046: "power capping shall be disabled").
        limit["LimitInWatts"] = fragment["LimitInWatts"].map(RedfishNumber.writable) ?? .null
        let now = control(in: document, member: place.member)?["PowerLimit", "LimitException"]
        if let exception = fragment["LimitException"], exception != now { limit["LimitException"] = exception }
        return .object(limit)
    }

    /// Members of one PowerLimit as a PATCH; nil where the document does not show it any more: nothing is written to another
    /// one.
    ///
    /// Older iDRAC have a resource for each member, and take it only there. Elsewhere the array is patched by position:
    /// empty objects leave the members before it as they are (DSP0266, 7.5).
    static func request(_ limit: JSONValue, in document: JSONValue, at place: Locator) -> ControlRequest? {
        guard let controls = document["PowerControl"]?.array else { return nil }
        // The only control there is stays the one, also where its limit has gone.
        let only = place.member == nil && controls.count == 1 ? 0 : nil as Int?
        guard let index = index(in: document, member: place.member) ?? only else { return nil }
        if let own = Links.id(controls[index]), !own.contains("#"), !Links.isSame(own, place.uri) {
            return ControlRequest(patch: own, ["PowerLimit": limit])
        }
        let leading = Array(repeating: JSONValue.object(JSONObject()), count: index)
        return ControlRequest(["PowerControl": .array(leading + [["PowerLimit": limit]])])
    }

    private static func limit(in document: JSONValue, at place: Locator) -> JSONValue? {
        control(in: document, member: place.member)?["PowerLimit"].flatMap { $0.object == nil ? nil : $0 }
    }

    static func control(in document: JSONValue, member: String?) -> JSONValue? {
        index(in: document, member: member).flatMap { document["PowerControl"]?.array?[$0] }
    }

    /// The place of a member by its name in ``PowerControlMember``. Without one, the only one with a limit.
    static func index(in document: JSONValue, member: String?) -> Int? {
        guard let controls = document["PowerControl"]?.array else { return nil }
        if let member { return PowerControlMember.index(of: member, in: controls) }
        let limited = controls.indices.filter { controls[$0]["PowerLimit"]?.object != nil }
        return limited.count == 1 ? limited[0] : nil
    }

    /// What AMI firmware shows on every board: 500 W, HardPowerOff, within a second. It limits nothing.
    static func isPlaceholder(_ control: JSONValue) -> Bool {
        let limit = control["PowerLimit"]
        return limit?["LimitInWatts"] == 500 && limit?["CorrectionInMs"] == 1000 && isFatal(limit ?? .null)
    }

    /// Some tell by a factor of ten that their numbers are no watts, but tenths of them. Cray's of 1.02 is something
    /// else: what the node draws beyond what is limited.
    static func hasWatts(_ control: JSONValue) -> Bool {
        let vendors = control["Oem"]?.object ?? JSONObject()
        return vendors.allSatisfy { vendor in
            guard let factor = vendor.value["PowerLimit", "Factor"] ?? vendor.value["PowerLimitFactor"],
                let text = factor.string ?? factor.number?.text
            else { return true }
            return ![0.001, 0.01, 0.1, 10, 100, 1000].contains(Double(text))
        }
    }

    private static func isFatal(_ limit: JSONValue) -> Bool { limit["LimitException"]?.string == "HardPowerOff" }
}
