import Inventory
import PowerEvents
import Shedding
import StrictJSON

/// Finds a resource's control from the service root, by what resources say of themselves and never by position.
///
/// No `$expand`: it drops members on some BMCs. Collections are read member by member, each URI once.
struct ControlSearch: Sendable {
    let read: @Sendable (String) async throws(BMCFault) -> JSONValue
    let root: JSONValue
    let entry: ControlEntry

    func locate() async throws(BMCFault) -> Locator {
        switch entry.key.facet {
        case .powerState:
            let system = try await system()
            return Locator(dialect: Locator.reset, uri: system.uri, system: system.uri)
        case .powerLimit:
            if let pinned = entry.pins.powerLimit { return try await pinnedLimit(pinned) }
            switch entry.type {
            case .gpu: return try await gpuLimit()
            case .node: return try await nodeLimit()
            case .chassis: return try await chassisLimit()
            }
        }
    }

    private struct Found {
        let uri: String
        let json: JSONValue
        var id: String { json["Id"]?.string ?? Links.lastComponent(uri) }
    }

    // MARK: Systems

    /// The ComputerSystem that is the node: the pinned one, the only one, or the only one that can be reset.
    private func system() async throws(BMCFault) -> Found {
        var systems: [Found] = []
        for uri in try await members(of: Links.id(root["Systems"]) ?? "/redfish/v1/Systems") {
            if let pin = entry.pins.system {
                guard Links.isSame(uri, pin) || Links.lastComponent(uri) == pin else { continue }
                return Found(uri: uri, json: try await read(uri))
            }
            systems.append(Found(uri: uri, json: try await read(uri)))
        }
        if let pin = entry.pins.system { throw BMCFault(.unsupported, "the BMC has no system \"\(pin)\"") }
        if systems.count == 1 { return systems[0] }
        let resettable = systems.filter { $0.json["Actions", "#ComputerSystem.Reset"] != nil }
        if resettable.count == 1 { return resettable[0] }
        let hosts = resettable.filter { $0.json["Bios"] != nil || $0.json["Boot"] != nil }
        if hosts.count == 1 { return hosts[0] }
        let ids = systems.map(\.id).joined(separator: ", ")
        throw BMCFault(
            .unsupported, systems.isEmpty ? "the BMC has no system" : "several systems (\(ids)); pin redfish.system")
    }

    // MARK: Power limits

    private func pinnedLimit(_ uri: String) async throws(BMCFault) -> Locator {
        let parts = uri.split(separator: "#", maxSplits: 1).map(String.init)
        let member = parts.count == 2 ? Links.lastComponent(parts[1]) : nil
        let document = try await read(parts[0])
        for dialect in PowerLimitDialects.inOrder {
            let name = member ?? (dialect is PowerControlLimit.Type ? Self.onlyMember(document) : nil)
            if dialect.reading(in: document, member: name) != nil {
                return Locator(dialect: dialect.name, uri: parts[0], member: name)
            }
        }
        throw BMCFault(.unsupported, "\(uri), which the inventory pins, holds no power limit in watts")
    }

    private static func onlyMember(_ document: JSONValue) -> String? {
        PowerControlLimit.index(in: document, member: nil).map { index in
            document["PowerControl"]?.array.flatMap { PowerControlLimit.member($0[index]) } ?? String(index)
        }
    }

    private func gpuLimit() async throws(BMCFault) -> Locator {
        let name = entry.pins.processor ?? entry.key.resource
        for systemURI in try await members(of: Links.id(root["Systems"]) ?? "/redfish/v1/Systems") {
            if let pin = entry.pins.system {
                guard Links.isSame(systemURI, pin) || Links.lastComponent(systemURI) == pin else { continue }
            }
            let system = try await read(systemURI)
            guard let collection = Links.id(system["Processors"]) else { continue }
            guard let uri = try await members(of: collection).first(where: { Links.lastComponent($0) == name }) else {
                continue
            }
            let processor = try await read(uri)
            if let metrics = Links.id(processor["EnvironmentMetrics"]),
                EnvironmentMetricsLimit.reading(in: try await read(metrics), member: nil) != nil
            {
                return Locator(dialect: EnvironmentMetricsLimit.name, uri: metrics, system: systemURI)
            }
            // Elsewhere a GPU's limit is a Control in the node's chassis that names this processor and no other.
            for chassis in Links.ids(system["Links", "Chassis"]) + Links.ids(processor["Links", "Chassis"]) {
                let controls = try await controls(of: chassis) { control in
                    let related = Links.ids(control["RelatedItem"])
                    return related.count == 1 && Links.isSame(related[0], uri)
                }
                if let control = controls.first {
                    return Locator(dialect: ChassisControl.name, uri: control.uri, system: systemURI)
                }
            }
            throw BMCFault(.unsupported, "the processor \(uri) offers no power limit now")
        }
        throw BMCFault(.unsupported, "no system of the BMC has a processor \"\(name)\"; give the GPU's processor")
    }

    private func nodeLimit() async throws(BMCFault) -> Locator {
        let system = try await system()
        var chassis = Links.ids(system.json["Links", "Chassis"])
        if let pin = entry.pins.chassis {
            chassis = [try await chassisURI(pin)]
        } else if chassis.isEmpty {
            let all = try await members(of: Links.id(root["Chassis"]) ?? "/redfish/v1/Chassis")
            if all.count == 1 { chassis = all }
        }
        return try await limit(ofChassis: chassis, for: system.uri, system: system.uri)
    }

    private func chassisLimit() async throws(BMCFault) -> Locator {
        let uri: String
        if let pin = entry.pins.chassis {
            uri = try await chassisURI(pin)
        } else {
            let all = try await members(of: Links.id(root["Chassis"]) ?? "/redfish/v1/Chassis")
            let named = all.filter { Links.lastComponent($0) == entry.key.resource }
            guard let only = named.first ?? (all.count == 1 ? all[0] : nil) else {
                let ids = all.map(Links.lastComponent).joined(separator: ", ")
                throw BMCFault(.unsupported, "several chassis (\(ids)); pin redfish.chassis")
            }
            uri = only
        }
        return try await limit(ofChassis: [uri], for: uri, system: nil)
    }

    private func chassisURI(_ pin: String) async throws(BMCFault) -> String {
        let all = try await members(of: Links.id(root["Chassis"]) ?? "/redfish/v1/Chassis")
        guard let uri = all.first(where: { Links.isSame($0, pin) || Links.lastComponent($0) == pin }) else {
            throw BMCFault(.unsupported, "the BMC has no chassis \"\(pin)\"")
        }
        return uri
    }

    /// Dialect by dialect over all chassis, so that a better kind of control in the second wins over a lesser one in
    /// the first.
    private func limit(
        ofChassis uris: [String], for target: String, system: String?
    ) async throws(BMCFault) -> Locator {
        var documents: [(uri: String, json: JSONValue)] = []
        for uri in uris { documents.append((uri, try await read(uri))) }
        for (uri, _) in documents {
            let found = try await controls(of: uri) { control in
                Self.isWhole(control, targets: [target, uri])
            }
            if found.count > 1, found.allSatisfy({ !["PowerLimit", "NodePowerLimit"].contains($0.id) }) {
                let ids = found.map(\.id).joined(separator: ", ")
                throw BMCFault(.unsupported, "several power controls (\(ids)); pin redfish.power_limit")
            }
            let named = found.first { ["PowerLimit", "NodePowerLimit"].contains($0.id) }
            if let control = named ?? found.first {
                return Locator(dialect: ChassisControl.name, uri: control.uri, system: system)
            }
        }
        for (_, json) in documents {
            guard let uri = Links.id(json["EnvironmentMetrics"]), let metrics = try await optional(uri) else {
                continue
            }
            if EnvironmentMetricsLimit.reading(in: metrics, member: nil) != nil {
                return Locator(dialect: EnvironmentMetricsLimit.name, uri: uri, system: system)
            }
        }
        for (_, json) in documents {
            guard let uri = Links.id(json["Power"]), let power = try await optional(uri) else { continue }
            if let member = Self.powerControlMember(power, target: target) {
                return Locator(dialect: PowerControlLimit.name, uri: uri, member: member, system: system)
            }
        }
        throw BMCFault(.unsupported, "no power limit found in \(uris.joined(separator: ", "))")
    }

    /// Whether a Control is for the whole machine: it names the machine, or its chassis as context, and no processor
    /// alone.
    private static func isWhole(_ control: JSONValue, targets: [String]) -> Bool {
        let related = Links.ids(control["RelatedItem"])
        if related.contains(where: { item in targets.contains { Links.isSame(item, $0) } }) { return true }
        let context = control["PhysicalContext"]?.string
        if context == "Chassis" { return true }
        // A total over all GPUs of a baseboard limits that chassis.
        if context == "GPU" || context == "Accelerator" { return related.count > 1 }
        return related.isEmpty && ["PowerLimit", "NodePowerLimit"].contains(control["Id"]?.string)
    }

    /// The member of `PowerControl` that is related to the machine; else the only one with a limit; else member 0.
    private static func powerControlMember(_ power: JSONValue, target: String) -> String? {
        guard let controls = power["PowerControl"]?.array else { return nil }
        let limited = controls.indices.filter { controls[$0]["PowerLimit"]?.object != nil }
        let related = limited.filter { index in
            Links.ids(controls[index]["RelatedItem"]).contains { Links.isSame($0, target) }
        }
        guard let index = related.first ?? (limited.contains(0) || limited.count == 1 ? limited.first : nil) else {
            return nil
        }
        return PowerControlLimit.member(controls[index]) ?? String(index)
    }

    // MARK: Collections

    private func controls(
        of chassis: String, where isWanted: (JSONValue) -> Bool
    ) async throws(BMCFault) -> [Found] {
        guard let collection = Links.id(try await read(chassis)["Controls"]) else { return [] }
        var found: [Found] = []
        for uri in try await members(of: collection) {
            guard let json = try await optional(uri) else { continue }
            if ChassisControl.reading(in: json, member: nil) != nil, isWanted(json) {
                found.append(Found(uri: uri, json: json))
            }
        }
        return found
    }

    /// The members of a collection, over all its pages; a null or absent list is empty.
    private func members(of collection: String) async throws(BMCFault) -> [String] {
        var uris: [String] = []
        var seen: Set<String> = []
        var next: String? = collection
        while let page = next, seen.insert(Links.canonical(page)).inserted, seen.count <= 64 {
            let json = try await read(page)
            uris += Links.ids(json["Members"])
            next = json["Members@odata.nextLink"]?.string
        }
        var known: Set<String> = []
        return uris.filter { known.insert(Links.canonical($0)).inserted }
    }

    /// A resource that may be missing although it is linked.
    private func optional(_ uri: String) async throws(BMCFault) -> JSONValue? {
        do {
            return try await read(uri)
        } catch {
            if error.kind == .unsupported { return nil }
            throw error
        }
    }
}
