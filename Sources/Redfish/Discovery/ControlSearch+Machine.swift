import PowerEvents
import Shedding
import Site
import StrictJSON

/// The power limits of whole machines.
///
/// A node and the chassis around it alone are one machine, whose limit is found by one order. Of an enclosure of several
/// nodes, each node has only what names it, and the enclosure only what names none of them.
extension ControlSearch {
    /// What a limit is looked for.
    struct Machine: Sendable {
        /// The node; nil for a chassis with none in it, or several.
        var system: Found?
        /// The other hosts in the same enclosures.
        var others: [String] = []
        /// What a limit may name as what it limits.
        var targets: [String]
        /// Where it may be, the nearest first.
        var enclosures: [Found]

        func isShared(_ enclosure: Found) -> Bool { !others.isEmpty && !targets.contains(enclosure.uri) }
    }

    mutating func nodeLimit() async throws(BMCFault) -> Locator { try await limit(of: try await node()) }

    /// The node, and where what is its own may be.
    mutating func node() async throws(BMCFault) -> Machine {
        let system = try await system()
        let enclosures: [Found]
        if let pin = entry.pins.chassis {
            let uri = try await pinned(pin, try await chassis(), "chassis")
            enclosures = [Found(uri: uri, json: try await tree.read(uri))]
        } else {
            enclosures = try await self.enclosures(of: system)
        }
        var machine = Machine(system: system, targets: [system.uri], enclosures: enclosures)
        for enclosure in enclosures {
            let others = try await hosts(in: enclosure).filter { !Links.isSame($0, system.uri) }
            machine.others += others
            // What the inventory pins for the node is the node's.
            if others.isEmpty || entry.pins.chassis != nil { machine.targets.append(enclosure.uri) }
        }
        return machine
    }

    mutating func chassisLimit() async throws(BMCFault) -> Locator { try await limit(of: try await chassisAlone()) }

    /// A chassis, with the node in it where there is one alone.
    mutating func chassisAlone() async throws(BMCFault) -> Machine {
        let all = try await chassis()
        let uri: String
        if let pin = entry.pins.chassis {
            uri = try await pinned(pin, all, "chassis")
        } else {
            let named = all.filter { Links.lastComponent($0) == entry.key.resource }
            guard let only = named.first ?? (all.count == 1 ? all[0] : nil) else {
                let ids = all.map(Links.lastComponent).joined(separator: ", ")
                throw BMCFault(.unsupported, "several chassis (\(ids)); pin redfish.chassis")
            }
            uri = only
        }
        let chassis = Found(uri: uri, json: try await tree.read(uri))
        let hosts = try await hosts(in: chassis)
        var machine = Machine(targets: [uri], enclosures: [chassis])
        if hosts.count == 1, let json = try await tree.optional(hosts[0], couldHoldControl: false) {
            machine.system = Found(uri: hosts[0], json: json)
            machine.targets.append(hosts[0])
        } else {
            machine.others = hosts
        }
        return machine
    }

    /// Shape by shape over all enclosures, so that a better kind of control in the second wins over a lesser one in the
    /// first.
    private mutating func limit(of machine: Machine) async throws(BMCFault) -> Locator {
        for enclosure in machine.enclosures {
            if let found = try await controlLimit(in: enclosure, of: machine) { return found }
        }
        for enclosure in machine.enclosures {
            guard let uri = Links.id(enclosure.json["EnvironmentMetrics"]), let json = try await tree.optional(uri)
            else { continue }
            if machine.isShared(enclosure) {
                if json["PowerLimitWatts"] != nil {
                    reject("\(uri) limits \(enclosure.id), which holds other nodes too")
                }
                continue
            }
            if isOfGPUs(enclosure, json) {
                reject("\(uri) limits the node's GPUs, not the node")
                continue
            }
            if let found = try await control(
                in: json, .environmentMetrics, at: uri, system: machine.system?.uri,
                why: "the metrics of \(enclosure.id)")
            {
                return found
            }
            if json["PowerLimitWatts"]?.object == nil { reject("\(uri) shows no PowerLimitWatts") }
        }
        let dell = try await dellLimit(of: machine)
        if case .found(let place) = dell { return place }
        for enclosure in machine.enclosures {
            if let found = try await powerLimit(in: enclosure, of: machine, isTruth: dell == .none) { return found }
        }
        if let found = try await nodeManagerLimit(of: machine) { return found }
        let places = machine.enclosures.map(\.uri)
        throw nothing("no power limit found in \(places.isEmpty ? "any chassis" : places.joined(separator: ", "))")
    }

    /// Whether what is found for a node limits its GPUs, or a module of them, alone: the rest of the node would go on
    /// unlimited. A chassis that the inventory pins for the node is taken at the operator's word.
    private func isOfGPUs(_ enclosure: Found, _ metrics: JSONValue) -> Bool {
        guard entry.type == .node, entry.pins.chassis == nil else { return false }
        return GPUTotalName.isExcerpt(metrics["PowerLimitWatts"])
            || metrics["PowerLimitWatts"]?.object != nil && GPUTotalName.isModule(enclosure.id)
    }

    private mutating func controlLimit(
        in enclosure: Found, of machine: Machine
    ) async throws(BMCFault) -> Locator? {
        let isShared = machine.isShared(enclosure)
        let all = try await powerControls(of: enclosure).filter { control in
            // What names another node is not for this one, nor for the enclosure.
            let isOfOthers = Links.ids(control.json["RelatedItem"]).contains { Links.contains(machine.others, $0) }
            return !isOfOthers && !(entry.type == .node && GPUTotalName.isTotal(control.id))
        }
        var whole = all.filter { Self.isWhole($0, of: machine, isShared: isShared) }
        if whole.isEmpty, entry.type == .chassis, machine.system == nil {
            // A module's controls name its parts; what is not for one part alone is for the module.
            whole = all.filter { !$0.id.contains("_CPU_") && !Self.isOfAPart($0) }
        }
        let named = whole.filter { ["PowerLimit", "NodePowerLimit"].contains($0.id) }
        let volatile = whole.filter { $0.id.contains("Volatile") && !$0.id.contains("EDPp") }
        let choice = named.isEmpty ? (whole.count > 1 && !volatile.isEmpty ? volatile : whole) : named
        if choice.count > 1 {
            let ids = choice.map(\.id).joined(separator: ", ")
            throw BMCFault(.unsupported, "several power controls (\(ids)); pin redfish.power_limit")
        }
        guard let only = choice.first else { return nil }
        return try await control(
            in: only.json, .control, at: only.uri, system: machine.system?.uri,
            why: "the power Control of \(enclosure.id) for the whole machine")
    }

    /// Whether a Control is for the whole machine: it names the machine, or its chassis as context, and no processor
    /// alone.
    private static func isWhole(_ control: Found, of machine: Machine, isShared: Bool) -> Bool {
        let related = Links.ids(control.json["RelatedItem"])
        if related.contains(where: { Links.contains(machine.targets, $0) }) { return true }
        guard !isShared else { return false }
        let context = control.json["PhysicalContext"]?.string
        if context == "Chassis" { return true }
        // A total over all GPUs of a baseboard limits that chassis.
        if ["GPU", "GPUSubsystem", "Accelerator"].contains(context) {
            return related.count > 1 && machine.system == nil
        }
        return related.isEmpty && ["PowerLimit", "NodePowerLimit"].contains(control.id)
    }

    private static func isOfAPart(_ control: Found) -> Bool {
        if Links.ids(control.json["RelatedItem"]).count == 1 { return true }
        let parts = ["CPU", "GPU", "Accelerator", "Memory", "Fan", "PowerSupply", "StorageDevice", "NetworkingDevice"]
        return parts.contains(control.json["PhysicalContext"]?.string ?? "")
            && Links.ids(control.json["RelatedItem"]).isEmpty
    }

    // MARK: Dell

    private enum Dell: Equatable {
        /// It is no Dell, or one without attributes.
        case none
        case found(Locator)
        /// The attributes offer no capping: what its Power resource shows is not in force.
        case notOffered
    }

    /// The attributes of iDRAC, which a Dell system's manager links. They are the truth: what cannot be read of them is
    /// nothing to pass by.
    private mutating func dellLimit(of machine: Machine) async throws(BMCFault) -> Dell {
        guard let system = machine.system, machine.others.isEmpty else { return .none }
        guard system.json["Oem", "Dell"] != nil || root["Oem", "Dell"] != nil else { return .none }
        var managers = Links.ids(system.json["Links", "ManagedBy"])
        for enclosure in machine.enclosures { managers += Links.ids(enclosure.json["Links", "ManagedBy"]) }
        var seen: Set<String> = []
        managers = managers.filter { seen.insert(Links.canonical($0)).inserted }
        var answer = Dell.none
        for manager in managers {
            let linked = Links.ids(try await tree.optional(manager)?["Links", "Oem", "Dell", "DellAttributes"])
            let usual = "\(manager)/Oem/Dell/DellAttributes/System.Embedded.1"
            let uri = linked.first { Links.lastComponent($0).hasPrefix("System.Embedded") } ?? usual
            guard let json = try await tree.optional(uri) else {
                if let fault = tree.failure(of: uri), fault.kind != .unsupported { throw fault }
                continue
            }
            if let found = try await control(
                in: json, .dellAttributes, at: uri, system: system.uri,
                why: "iDRAC's attributes, since its Power resource shows a limit also while capping is off")
            {
                return .found(found)
            }
            if DellAttributes.objection(to: json, at: Locator(dialect: DellAttributes.name, uri: uri)) == nil {
                reject("\(uri) offers no power cap (a licence may be missing)")
            }
            answer = .notOffered
        }
        return answer
    }

    // MARK: Power

    /// - Parameter isTruth: whether a limit that the resource shows is one
    private mutating func powerLimit(
        in enclosure: Found, of machine: Machine, isTruth: Bool
    ) async throws(BMCFault) -> Locator? {
        guard let uri = Links.id(enclosure.json["Power"]), let power = try await tree.optional(uri) else { return nil }
        let members = power["PowerControl"]?.array ?? []
        let isShared = machine.isShared(enclosure)
        let choice = PowerControlChoice(members: members, machine: machine, enclosure: enclosure, isShared: isShared)
        if !isTruth {
            reject("\(uri) shows a limit that is not in force")
        } else if let index = choice.index {
            if let name = PowerControlMember.name(at: index, in: members) {
                let found = try await control(
                    in: power, .power, at: uri, member: name, system: machine.system?.uri,
                    why: "the PowerControl of \(enclosure.id)")
                if let found { return found }
            } else {
                reject("\(uri) has several members that nothing tells apart")
            }
        } else if let objection = choice.objection {
            reject("\(uri) \(objection)")
        }
        if !isShared, let service = Links.id(power["Oem", "Hpe", "Links", "AccPowerService"]),
            let limits = Links.id(try await tree.optional(service)?["PowerLimit"]),
            let json = try await tree.optional(limits)
        {
            if let found = try await control(
                in: json, .hpeAccelerators, at: limits, system: machine.system?.uri,
                why: "HPE's accelerator power service")
            {
                return found
            }
            if HPEAccelerators.objection(to: json, at: Locator(dialect: HPEAccelerators.name, uri: limits)) == nil {
                reject("\(limits) offers no limit (a licence may be missing)")
            }
        }
        if members.contains(where: PowerControlLimit.isPlaceholder) {
            reject("\(uri) shows the 500 W placeholder of AMI firmware, which limits nothing")
        } else if !members.isEmpty, !members.contains(where: { $0["PowerLimit"]?.object != nil }) {
            reject("\(uri) has no PowerLimit (a licence may be missing)")
        }
        return nil
    }
}
