import PowerEvents
import Shedding
import Site
import StrictJSON

/// Nodes that are limited by policies of a Node Manager, and by nothing else.
extension ControlSearch {
    /// Where this agent may create a policy of its own, if the inventory allows that and the firmware says how.
    mutating func nodeManagerLimit(of machine: Machine) async throws(BMCFault) -> Locator? {
        guard let system = machine.system else { return nil }
        if let uri = Links.id(system.json["Oem", "Supermicro", "NodeManager"]),
            try await tree.optional(uri, couldHoldControl: false) != nil
        {
            reject("\(uri) limits by policies of Supermicro's Node Manager, which does not say how they are written")
        }
        for uri in try await nodeManagers(of: system) {
            guard let manager = try await tree.optional(uri, couldHoldControl: false) else { continue }
            guard let domain = try await platformDomain(of: manager, at: uri) else { continue }
            if Self.isNVIDIAs(manager) || Self.isNVIDIAs(domain) {
                reject(
                    "\(uri) limits by custom domains of NVIDIA's Node Manager, which does not say how they are written")
                continue
            }
            guard entry.type == .node, entry.pins.nodeManager else {
                reject(
                    "\(uri) could hold a policy of this agent's own, which node_manager: true in the inventory allows")
                continue
            }
            guard machine.others.isEmpty else {
                reject("\(uri) limits several nodes as one")
                continue
            }
            return Locator(
                dialect: NodeManagerPolicy.name, uri: uri, member: policyName, system: system.uri,
                why: "a policy of this agent's own, which the inventory allows")
        }
        return nil
    }

    /// By the links of the system's managers, else where firmware has it that links it nowhere.
    private mutating func nodeManagers(of system: Found) async throws(BMCFault) -> [String] {
        var managers = Links.oneOrMany(system.json["Links", "ManagedBy"])
        if managers.isEmpty, entry.pins.nodeManager, let collection = Links.id(root["Managers"]) {
            managers = Array(try await tree.optionalMembers(of: collection, couldHoldControl: false).prefix(4))
        }
        var found: [String] = []
        for manager in managers {
            let json = try await tree.optional(manager, couldHoldControl: false)
            let linked = [
                json?["NodeManager"], json?["Oem", "Nvidia", "NodeManager"], json?["Oem", "Intel", "NodeManager"],
                json?["Oem", "Ami", "NodeManager"],
            ].compactMap { Links.id($0) }
            // A look where nothing is costs a request: only where it is wanted is the last one taken.
            let usual =
                ["\(manager)/NodeManager"] + (entry.pins.nodeManager ? ["\(manager)/Oem/Intel/NodeManager"] : [])
            for uri in linked.isEmpty ? usual : linked where !Links.contains(found, uri) { found.append(uri) }
        }
        return found
    }

    /// The domain that limits the whole machine, or one of another kind where there is none.
    private mutating func platformDomain(
        of manager: JSONValue, at uri: String
    ) async throws(BMCFault) -> JSONValue? {
        let collection = Links.id(manager["Domains"]) ?? "\(uri)/Domains"
        let members = try await tree.optionalMembers(of: collection, couldHoldControl: false)
        let wanted = members.first { Links.lastComponent($0) == NodeManagerDocument.domain } ?? members.first
        guard let wanted, let domain = try await tree.optional(wanted, couldHoldControl: false) else {
            reject("\(uri) shows no domains")
            return nil
        }
        guard Links.lastComponent(wanted) == NodeManagerDocument.domain || Self.isNVIDIAs(domain) else {
            reject("\(uri) has no domain of the whole platform (\(NodeManagerDocument.domain))")
            return nil
        }
        return domain
    }

    private static func isNVIDIAs(_ resource: JSONValue) -> Bool {
        resource["@odata.type"]?.string?.lowercased().contains("nvidianm") ?? false
    }
}
