import StrictJSON

/// What a write does to a simulated machine, by the rules of its personality.
extension SimulatedMachine {
    /// nil where there is nothing to write at that path.
    mutating func patch(_ path: String, _ body: JSONValue) throws(PowerKnob.Refusal) -> Bool {
        let paths = MachinePaths(self)
        if path == paths.deepControls, limit.style.isDeep { return try patchAll(body) }
        if let id = gpus.keys.first(where: { id in gpus[id].map { path == paths.gpuLimit(id, $0.style) } ?? false }) {
            let isControl = gpus[id]?.style.place == .control
            guard gpus[id]?.style.isWithheld != true else {
                throw PowerKnob.Refusal(
                    id: "PropertyUnknown",
                    message: "The property PowerLimitWatts is not in the list of valid properties.")
            }
            try gpus[id]?.apply(try Self.members(isControl ? body : body["PowerLimitWatts"]))
            return true
        }
        if try patchShared(path, body, paths) { return true }
        if let base = paths.nodeManager, path.hasPrefix(base + "/") {
            try nodeManager?.patch(String(path.dropFirst(base.count + 1)), body)
            return true
        }
        switch limit.style.place {
        case .environmentMetrics where path == paths.limit(limit.style):
            try limit.apply(try Self.members(body["PowerLimitWatts"]))
        case .control where path == paths.limit(limit.style): try limit.apply(try Self.members(body))
        case .powerControl where path == paths.power:
            guard let members = body["PowerControl"]?.array, members.count == 1 else {
                throw PowerKnob.Refusal(
                    status: 404, id: "ResourceNotFound",
                    message: "The resource of type Power named PowerControl was not found.")
            }
            try limit.apply(try Self.members(members[0]["PowerLimit"]))
        case .powerMember where path == paths.powerMember: try limit.apply(try Self.members(body["PowerLimit"]))
        case .dellAttributes where path == paths.attributes: try patchAttributes(body)
        default: return false
        }
        return true
    }

    /// One Control, or by the metrics of a chassis all of its Controls, as NVIDIA's bmcweb does.
    private mutating func patchShared(
        _ path: String, _ body: JSONValue, _ paths: MachinePaths
    ) throws(PowerKnob.Refusal) -> Bool {
        let own = shared.indices.filter { paths.shared(shared[$0]).contains(path) }
        guard !own.isEmpty else { return false }
        let members = try Self.members(path.hasSuffix("/EnvironmentMetrics") ? body["PowerLimitWatts"] : body)
        for index in own { try shared[index].knob.apply(members) }
        return true
    }

    /// Several controls at once. What comes before a refused one is done by then, and the answer does not say so.
    private mutating func patchAll(_ body: JSONValue) throws(PowerKnob.Refusal) -> Bool {
        for member in body["Members"]?.array ?? [] {
            var properties = try Self.members(member)
            let uri = properties["@odata.id"]?.string ?? ""
            properties["@odata.id"] = nil
            guard try patch(uri, .object(properties)) else {
                throw PowerKnob.Refusal(id: "ResourceMissingAtURI", message: "There is no control \(uri).")
            }
        }
        return true
    }

    /// What a POST came to.
    enum Posted {
        case nothing, done
        /// A resource was made.
        case made(String)
    }

    mutating func delete(_ path: String) throws(PowerKnob.Refusal) {
        guard let base = MachinePaths(self).nodeManager, path.hasPrefix(base + "/") else { return }
        try nodeManager?.delete(String(path.dropFirst(base.count + 1)))
    }

    mutating func post(_ path: String, _ body: JSONValue) throws(PowerKnob.Refusal) -> Posted {
        let paths = MachinePaths(self)
        if let base = paths.nodeManager, path.hasPrefix(base + "/") {
            let made = try nodeManager?.post(String(path.dropFirst(base.count + 1)), body)
            return made.map { .made("\(base)/Policies/\($0)") } ?? .done
        }
        if path == paths.trigger, limit.isArmed != nil {
            guard let word = body["PowerLimitTrigger"]?.string, ["Activate", "Deactivate"].contains(word) else {
                throw PowerKnob.Refusal(id: "ActionParameterMissing", message: "PowerLimitTrigger is missing.")
            }
            limit.isArmed = word == "Activate"
            return .done
        }
        if limit.style.place == .acceleratorService, path.hasPrefix(paths.limit(limit.style) + "/Actions/") {
            let zone = body["PowerLimits"]?.array?.first
            var members = JSONObject()
            members["LimitInWatts"] = zone?["PowerLimitInWatts"]
            try limit.apply(members)
            return .done
        }
        return .nothing
    }

    private mutating func patchAttributes(_ body: JSONValue) throws(PowerKnob.Refusal) {
        var members = JSONObject()
        for member in try Self.members(body["Attributes"]) {
            switch member.key {
            case "ServerPwr.1.PowerCapSetting": members["ControlMode"] = member.value
            case "ServerPwr.1.PowerCapValue": members["SetPoint"] = member.value
            default: members[member.key] = member.value
            }
        }
        try limit.apply(members)
    }

    private static func members(_ value: JSONValue?) throws(PowerKnob.Refusal) -> JSONObject {
        guard let object = value?.object, !object.isEmpty else {
            throw PowerKnob.Refusal(
                id: "PropertyMissing", message: "The body has none of the properties that can be written.")
        }
        return object
    }
}
