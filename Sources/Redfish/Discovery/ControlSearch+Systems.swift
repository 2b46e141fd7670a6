import Shedding
import Site
import StrictJSON

/// Which system is the node, and what is in which chassis.
extension ControlSearch {
    mutating func systems() async throws(BMCFault) -> [String] {
        try await tree.members(of: Links.id(root["Systems"]) ?? "/redfish/v1/Systems")
    }

    /// All systems that can be read.
    mutating func outlines() async throws(BMCFault) -> [SystemOutline] {
        if let knownSystems { return knownSystems }
        var all: [SystemOutline] = []
        for uri in try await systems() {
            guard let json = try await tree.optional(uri, couldHoldControl: false) else { continue }
            all.append(SystemOutline(uri, json))
        }
        knownSystems = all
        return all
    }

    /// The ComputerSystem that is the node: the pinned one, the only one, or the only one that can be reset.
    mutating func system() async throws(BMCFault) -> Found {
        let uris = try await systems()
        if let pin = entry.pins.system {
            let uri = try await pinned(pin, uris, "system")
            return Found(uri: uri, json: try await tree.read(uri), why: "the inventory pins it")
        }
        let all = try await outlines()
        if uris.count == 1, let only = all.first {
            return Found(uri: only.uri, json: try await tree.read(only.uri), why: "the only system")
        }
        let resettable = all.filter(\.canReset)
        let hosts = resettable.count == 1 ? resettable : resettable.filter(\.hasFirmware)
        if hosts.count == 1 {
            return Found(
                uri: hosts[0].uri, json: try await tree.read(hosts[0].uri), why: "the only system that can be reset")
        }
        // One that cannot be read may be the one.
        if resettable.isEmpty, let fault = uris.lazy.compactMap({ [tree] in tree.failure(of: $0) }).first {
            throw fault
        }
        let ids = all.map(\.id).joined(separator: ", ")
        throw BMCFault(
            .unsupported, all.isEmpty ? "the BMC has no system" : "several systems (\(ids)); pin redfish.system")
    }

    /// The chassis that enclose a system: what it names itself, else those of its Id, else what names it, else the only
    /// one there is.
    mutating func enclosures(of system: Found) async throws(BMCFault) -> [Found] {
        var uris = Links.oneOrMany(system.json["Links", "Chassis"])
        if uris.isEmpty {
            let all = try await optionalChassis()
            uris = all.filter { Links.lastComponent($0) == Links.lastComponent(system.uri) }
            if uris.isEmpty, all.count == 1 { uris = all }
            if uris.isEmpty {
                for uri in all {
                    guard let json = try await tree.optional(uri) else { continue }
                    if Links.contains(Links.oneOrMany(json["Links", "ComputerSystems"]), system.uri) {
                        uris.append(uri)
                    }
                }
            }
        }
        var found: [Found] = []
        for uri in uris {
            if let json = try await tree.optional(uri) { found.append(Found(uri: uri, json: json)) }
        }
        return found
    }

    /// The hosts in a chassis: those that it names, and those that name it or have its Id. A baseboard of GPUs is none.
    mutating func hosts(in chassis: Found) async throws(BMCFault) -> [String] {
        let listed = Links.oneOrMany(chassis.json["Links", "ComputerSystems"])
        let all = try await tree.optionalMembers(
            of: Links.id(root["Systems"]) ?? "/redfish/v1/Systems", couldHoldControl: false)
        let isAsked = all.count <= SearchBudget.systemsAsked || knownSystems != nil
        var hosts: [String] = []
        for uri in all + listed where !Links.contains(hosts, uri) {
            let isListed = Links.contains(listed, uri)
            guard isListed || isAsked else { continue }
            guard let json = try await tree.optional(uri, couldHoldControl: false) else {
                // What the chassis names and cannot be read is taken for a host: the limit may be for that too.
                if isListed, tree.failure(of: uri)?.kind != .unsupported { hosts.append(uri) }
                continue
            }
            let system = SystemOutline(uri, json)
            guard system.canReset || all.count == 1 else { continue }
            let isOfItsId =
                system.chassis.isEmpty && Links.lastComponent(uri) == Links.lastComponent(chassis.uri)
            if isListed || isOfItsId || Links.contains(system.chassis, chassis.uri) { hosts.append(uri) }
        }
        return hosts
    }

    mutating func chassis() async throws(BMCFault) -> [String] {
        try await tree.members(of: Links.id(root["Chassis"]) ?? "/redfish/v1/Chassis")
    }

    private mutating func optionalChassis() async throws(BMCFault) -> [String] {
        try await tree.optionalMembers(of: Links.id(root["Chassis"]) ?? "/redfish/v1/Chassis")
    }

    // MARK: Pins

    /// By URI, else by its last part, else by the Id that it tells itself.
    mutating func pinned(_ pin: String, _ uris: [String], _ kind: String) async throws(BMCFault) -> String {
        if let uri = uris.first(where: { Links.isSame($0, pin) }) { return uri }
        let named = uris.filter { Links.lastComponent($0) == pin }
        if named.count == 1 { return named[0] }
        var found: [String] = []
        for uri in uris where named.isEmpty {
            if try await tree.optional(uri, couldHoldControl: false)?["Id"]?.string == pin { found.append(uri) }
        }
        guard found.count <= 1, named.isEmpty else {
            let all = (named + found).joined(separator: ", ")
            throw BMCFault(.unsupported, "the BMC has several \(kind) \"\(pin)\" (\(all)); pin one by its URI")
        }
        guard let only = found.first else {
            throw uris.lazy.compactMap { [tree] in tree.failure(of: $0) }.first { $0.kind != .unsupported }
                ?? BMCFault(.unsupported, "the BMC has no \(kind) \"\(pin)\"")
        }
        return only
    }

    // MARK: Power

    /// The power state of the machine that a resource is part of: of its own system where that is off or can be reset,
    /// else of the one host beside it. The system of a GPU baseboard tells none, or On, while its host is off.
    mutating func machineState(_ own: String?) async throws(BMCFault) -> PowerState {
        if let own, let json = try await tree.optional(own, couldHoldControl: false) {
            let system = SystemOutline(own, json)
            if system.powerState.isDown || system.canReset { return system.powerState }
        }
        let all = try await outlines()
        if let pin = entry.pins.system, let pinned = all.first(where: { $0.isNamed(pin) }),
            pinned.powerState.isDown || pinned.canReset
        {
            return pinned.powerState
        }
        let hosts = all.filter(\.canReset)
        guard let first = hosts.first else { return all.count == 1 ? all[0].powerState : .unknown }
        // Of several, only what is true of all of them is known of this one's.
        return hosts.allSatisfy { $0.powerState.isDown } || hosts.count == 1 ? first.powerState : .unknown
    }
}
