import StrictJSON

/// What writes do to Node Manager, by the rules of Intel's bmcweb.
extension NodeManager {
    /// - Parameter path: under Node Manager's own URI, without a slash at its beginning
    /// - Returns: the policy that was made, nil where none was
    /// - Throws: what is refused, and 404 for what is not there
    mutating func post(_ path: String, _ body: JSONValue) throws(PowerKnob.Refusal) -> String? {
        let parts = path.split(separator: "/").map(String.init)
        switch (parts.first, parts.count) {
        case ("Policies", 1): return try create(body)
        case ("Actions", 2) where parts[1] == "NodeManager.ChangeState": isEnabled = try Self.state(body)
        case ("Domains", 4) where parts[3] == "Domain.ChangeState":
            guard let index = domains.firstIndex(where: { $0.id == parts[1] }) else { throw Self.missing(path) }
            domains[index].isEnabled = try Self.state(body)
        case ("Policies", 4) where parts[3] == "Policy.ChangeState":
            let index = try writable(parts[1])
            policies[index].isEnabled = try Self.state(body)
        default: throw Self.missing(path)
        }
        return nil
    }

    /// Merges what is written with what there is.
    mutating func patch(_ path: String, _ body: JSONValue) throws(PowerKnob.Refusal) {
        let parts = path.split(separator: "/").map(String.init)
        guard parts.first == "Policies", parts.count == 2 else { throw Self.missing(path) }
        let index = try writable(parts[1])
        var policy = policies[index]
        try fill(&policy, body, isNew: false)
        policies[index] = policy
    }

    /// Only what was made through Redfish can be deleted.
    mutating func delete(_ path: String) throws(PowerKnob.Refusal) {
        let parts = path.split(separator: "/").map(String.init)
        guard parts.first == "Policies", parts.count == 2,
            let index = policies.firstIndex(where: { $0.id == parts[1] && !$0.isReadOnly })
        else { throw Self.missing(path) }
        policies.remove(at: index)
    }

    private mutating func create(_ body: JSONValue) throws(PowerKnob.Refusal) -> String {
        guard let id = body["Id"]?.string, !id.isEmpty, !id.contains("/") else { throw Self.wrong("Id", body["Id"]) }
        guard !policies.contains(where: { $0.id == id }) else {
            throw PowerKnob.Refusal(
                id: "ResourceAlreadyExists", message: "A policy with the Id \(id) already exists.")
        }
        let required = [
            "Limit", "CorrectionInMs", "PolicyStorage", "PowerCorrectionType", "LimitException", "ComponentId",
            "StatisticsReportingPeriod", "Trigger", "Domain", "Status",
        ]
        for name in required where body[name] == nil {
            throw PowerKnob.Refusal(
                id: "PropertyMissing", message: "The property \(name) is a required property and must be included.")
        }
        guard let domain = body["Domain"]?.string, domains.contains(where: { $0.id == domain }) else {
            throw Self.wrong("Domain", body["Domain"])
        }
        var policy = Policy(id: id, domain: domain, limit: 0)
        try fill(&policy, body, isNew: true)
        policies.append(policy)
        return id
    }

    private func fill(_ policy: inout Policy, _ body: JSONValue, isNew: Bool) throws(PowerKnob.Refusal) {
        for member in body.object ?? JSONObject() {
            switch member.key {
            case "Limit": policy.limit = try Self.number(member, style.limits)
            case "CorrectionInMs": policy.correctionInMs = try Self.number(member, 1000...3_600_000)
            case "ComponentId": policy.componentID = try Self.number(member, 0...255)
            case "PolicyStorage": policy.storage = try Self.word(member, ["Volatile", "Persistent"])
            case "PowerCorrectionType":
                policy.correction = try Self.word(member, ["Auto", "NonAggressive", "Aggressive"])
            case "LimitException":
                policy.exception = try Self.word(member, ["NoAction", "HardPowerOff", "LogEventOnly", "Oem"])
            case "StatisticsReportingPeriod":
                guard let text = member.value.string, text.hasPrefix("PT") else {
                    throw Self.wrong(member.key, member.value)
                }
                policy.period = text
            case "Trigger":
                policy.trigger = member.value["TriggerType"]?.string ?? policy.trigger
                policy.triggerLimit = member.value["TriggerLimit"]?.number?.int ?? policy.triggerLimit
            case "Status" where isNew: policy.isEnabled = try Self.state(member.value)
            case "Id" where isNew, "Domain" where isNew: continue
            default:
                throw PowerKnob.Refusal(
                    id: "PropertyUnknown", message: "The property \(member.key) is not in the list of valid properties."
                )
            }
        }
    }

    private func writable(_ id: String) throws(PowerKnob.Refusal) -> Int {
        guard let index = policies.firstIndex(where: { $0.id == id }) else { throw Self.missing(id) }
        guard !policies[index].isReadOnly else {
            throw PowerKnob.Refusal(
                status: 405, id: "OperationNotAllowed", message: "The HTTP method is not allowed on this resource.")
        }
        return index
    }

    private static func state(_ body: JSONValue) throws(PowerKnob.Refusal) -> Bool {
        guard let word = body["State"]?.string, ["Enabled", "Disabled"].contains(word) else {
            throw wrong("State", body["State"])
        }
        return word == "Enabled"
    }

    private static func number(
        _ member: JSONObject.Member, _ range: ClosedRange<Int>
    ) throws(PowerKnob.Refusal) -> Int {
        guard let value = member.value.number?.int else { throw wrong(member.key, member.value) }
        guard range.contains(value) else {
            throw PowerKnob.Refusal(
                id: "PropertyValueOutOfRange",
                message: "The value \(value) for \(member.key) is not in the range "
                    + "\(range.lowerBound)-\(range.upperBound).")
        }
        return value
    }

    private static func word(_ member: JSONObject.Member, _ words: [String]) throws(PowerKnob.Refusal) -> String {
        guard let word = member.value.string, words.contains(word) else { throw wrong(member.key, member.value) }
        return word
    }

    private static func wrong(_ name: String, _ value: JSONValue?) -> PowerKnob.Refusal {
        PowerKnob.Refusal(
            id: "PropertyValueNotInList",
            message: "The value \(value?.text ?? "nothing") for \(name) is not in the list.")
    }

    private static func missing(_ path: String) -> PowerKnob.Refusal {
        PowerKnob.Refusal(status: 404, id: "ResourceMissingAtURI", message: "There is nothing at \(path).")
    }
}
