import Inventory
import PowerEvents
import Shedding
import StrictJSON

/// The power limits of whole machines.
extension ControlSearch {
    mutating func nodeLimit() async throws(BMCFault) -> Locator {
        let system = try await system()
        if let pin = entry.pins.chassis {
            return try await limit(ofChassis: [try await chassisURI(pin)], for: system.uri, system: system)
        }
        // Of what encloses the node: what it names itself, then what names it, then the only one there is.
        var uris = Links.ids(system.json["Links", "Chassis"])
        let all = try await chassis()
        if uris.isEmpty {
            for uri in all where all.count > 1 {
                guard let json = try await optional(uri) else { continue }
                let systems = Links.ids(json["Links", "ComputerSystems"])
                if systems.contains(where: { Links.isSame($0, system.uri) }) { uris.append(uri) }
            }
            if all.count == 1 { uris = all }
        }
        return try await limit(ofChassis: uris, for: system.uri, system: system)
    }

    mutating func chassisLimit() async throws(BMCFault) -> Locator {
        let uri: String
        if let pin = entry.pins.chassis {
            uri = try await chassisURI(pin)
        } else {
            let all = try await chassis()
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
        guard let uri = try await chassis().first(where: { Links.isSame($0, pin) || Links.lastComponent($0) == pin })
        else { throw BMCFault(.unsupported, "the BMC has no chassis \"\(pin)\"") }
        return uri
    }

    /// Shape by shape over all chassis, so that a better kind of control in the second wins over a lesser one in the
    /// first.
    private mutating func limit(
        ofChassis uris: [String], for target: String, system: Found?
    ) async throws(BMCFault) -> Locator {
        var documents: [Found] = []
        for uri in uris { documents.append(Found(uri: uri, json: try await read(uri))) }
        for chassis in documents {
            if let found = try await controlLimit(of: chassis, for: target, system: system) { return found }
        }
        for chassis in documents {
            guard let uri = Links.id(chassis.json["EnvironmentMetrics"]), let json = try await optional(uri) else {
                continue
            }
            if let found = control(
                in: json, .environmentMetrics, at: uri, system: system?.uri, why: "the metrics of \(chassis.id)")
            {
                return found
            }
            reject("\(uri) shows no PowerLimitWatts")
        }
        if let system, let found = try await dellLimit(of: system) { return found }
        for chassis in documents {
            if let found = try await powerLimit(of: chassis, for: target, system: system) { return found }
        }
        if let system { try await rejectOEM(of: system) }
        throw nothing("no power limit found in \(uris.isEmpty ? "any chassis" : uris.joined(separator: ", "))")
    }

    private mutating func controlLimit(
        of chassis: Found, for target: String, system: Found?
    ) async throws(BMCFault) -> Locator? {
        let all = try await powerControls(of: chassis.uri)
        var whole = all.filter { Self.isWhole($0, targets: [target, chassis.uri]) }
        if whole.isEmpty, entry.type == .chassis {
            // A module's controls name its parts; what is not for one part alone is for the module.
            whole = all.filter { !$0.id.contains("_CPU_") && Links.ids($0.json["RelatedItem"]).count != 1 }
        }
        let named = whole.filter { ["PowerLimit", "NodePowerLimit"].contains($0.id) }
        let volatile = whole.filter { $0.id.contains("Volatile") && !$0.id.contains("EDPp") }
        let choice = named.isEmpty ? (whole.count > 1 && !volatile.isEmpty ? volatile : whole) : named
        if choice.count > 1 {
            let ids = choice.map(\.id).joined(separator: ", ")
            throw BMCFault(.unsupported, "several power controls (\(ids)); pin redfish.power_limit")
        }
        guard let only = choice.first else { return nil }
        return control(
            in: only.json, .control, at: only.uri, system: system?.uri,
            why: "the power Control of \(chassis.id) for the whole machine")
    }

    /// Whether a chassis offers a power limit that is for the whole of it.
    mutating func hasOwnLimit(_ uri: String) async throws(BMCFault) -> Bool {
        guard let json = try await optional(uri) else { return false }
        let chassis = Found(uri: uri, json: json)
        if try await powerControls(of: uri).contains(where: { Self.isWhole($0, targets: [uri]) }) { return true }
        if let metrics = Links.id(chassis.json["EnvironmentMetrics"]), let document = try await optional(metrics),
            control(in: document, .environmentMetrics, at: metrics, why: "") != nil
        {
            return true
        }
        return try await powerLimit(of: chassis, for: uri, system: nil) != nil
    }

    /// Whether a Control is for the whole machine: it names the machine, or its chassis as context, and no processor
    /// alone.
    private static func isWhole(_ control: Found, targets: [String]) -> Bool {
        let related = Links.ids(control.json["RelatedItem"])
        if related.contains(where: { item in targets.contains { Links.isSame(item, $0) } }) { return true }
        let context = control.json["PhysicalContext"]?.string
        if context == "Chassis" { return true }
        // A total over all GPUs of a baseboard limits that chassis.
        if ["GPU", "GPUSubsystem", "Accelerator"].contains(context) { return related.count > 1 }
        return related.isEmpty && ["PowerLimit", "NodePowerLimit"].contains(control.id)
    }

    /// The attributes of iDRAC, which a Dell system's manager links.
    private mutating func dellLimit(of system: Found) async throws(BMCFault) -> Locator? {
        guard system.json["Oem", "Dell"] != nil || root["Oem", "Dell"] != nil else { return nil }
        for manager in Links.ids(system.json["Links", "ManagedBy"]) {
            let linked = Links.ids(try await optional(manager)?["Links", "Oem", "Dell", "DellAttributes"])
            let usual = "\(manager)/Oem/Dell/DellAttributes/System.Embedded.1"
            let uri = linked.first { Links.lastComponent($0).hasPrefix("System.Embedded") } ?? usual
            guard let json = try await optional(uri) else { continue }
            if let found = control(
                in: json, .dellAttributes, at: uri, system: system.uri,
                why: "iDRAC's attributes, since its Power resource shows a limit also while capping is off")
            {
                return found
            }
        }
        return nil
    }

    private mutating func powerLimit(
        of chassis: Found, for target: String, system: Found?
    ) async throws(BMCFault) -> Locator? {
        guard let uri = Links.id(chassis.json["Power"]), let power = try await optional(uri) else { return nil }
        if let member = Self.powerControlMember(power, target: target),
            let found = control(
                in: power, .power, at: uri, member: member, system: system?.uri,
                why: "the PowerControl of \(chassis.id)")
        {
            return found
        }
        if let service = Links.id(power["Oem", "Hpe", "Links", "AccPowerService"]),
            let limits = Links.id(try await optional(service)?["PowerLimit"]), let json = try await optional(limits)
        {
            if let found = control(
                in: json, .hpeAccelerators, at: limits, system: system?.uri, why: "HPE's accelerator power service")
            {
                return found
            }
            reject("\(limits) offers no limit (a licence may be missing)")
        }
        let members = power["PowerControl"]?.array ?? []
        if members.contains(where: PowerControlLimit.isPlaceholder) {
            reject("\(uri) shows the 500 W placeholder of AMI firmware, which limits nothing")
        } else if !members.isEmpty {
            reject("\(uri) has no PowerLimit (a licence may be missing)")
        }
        return nil
    }

    /// The member of `PowerControl` that is related to the machine; else member 0 or the only one with a limit.
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

    /// Node Manager policies limit power too, but their documents do not say how they are written.
    private mutating func rejectOEM(of system: Found) async throws(BMCFault) {
        if let uri = Links.id(system.json["Oem", "Supermicro", "NodeManager"]), try await optional(uri) != nil {
            reject("\(uri) limits by policies of Supermicro's Node Manager, which does not say how they are written")
        }
        for manager in Links.ids(system.json["Links", "ManagedBy"]) {
            let linked = Links.id(try await optional(manager)?["Oem", "Nvidia", "NodeManager"])
            let uri = linked ?? "\(manager)/NodeManager"
            guard try await optional(uri) != nil else { continue }
            reject("\(uri) limits by domains of NVIDIA's Node Manager, which does not say how they are written")
        }
    }
}
