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
    /// Why what looked like a control is none that can be used; told where nothing better is found.
    private(set) var rejected: [String] = []

    init(
        read: @escaping @Sendable (String) async throws(BMCFault) -> JSONValue, root: JSONValue, entry: ControlEntry
    ) {
        self.read = read
        self.root = root
        self.entry = entry
    }

    mutating func locate() async throws(BMCFault) -> Locator {
        switch entry.key.facet {
        case .powerState:
            let system = try await system()
            return Locator(dialect: Locator.reset, uri: system.uri, system: system.uri, why: system.why)
        case .powerLimit:
            if let pinned = entry.pins.powerLimit { return try await pinnedLimit(pinned) }
            switch entry.type {
            case .gpu: return try await gpuLimit()
            case .node: return try await nodeLimit()
            case .chassis: return try await chassisLimit()
            }
        case .speedLimit: return try await speedLimit()
        case .powerMode: return try await powerMode()
        }
    }

    struct Found: Sendable {
        let uri: String
        let json: JSONValue
        var why = ""
        var id: String { json["Id"]?.string ?? Links.lastComponent(uri) }
    }

    mutating func reject(_ reason: String) { if !rejected.contains(reason) { rejected.append(reason) } }

    /// The fault of a search that found nothing: what it saw, then what it lacks.
    func nothing(_ message: String) -> BMCFault {
        BMCFault(.unsupported, ([message] + rejected.prefix(4)).joined(separator: "; "))
    }

    /// The control that a document holds, if it is one that this agent can use.
    func control(
        in json: JSONValue, _ shape: ControlShape, at uri: String, member: String? = nil, system: String? = nil,
        why: String
    ) -> Locator? {
        ControlDialects.recognising(json, shape) { dialect in
            Locator(dialect: dialect, uri: uri, member: member, system: system, why: why)
        }?.place
    }

    // MARK: Systems

    func systems() async throws(BMCFault) -> [String] {
        try await members(of: Links.id(root["Systems"]) ?? "/redfish/v1/Systems")
    }

    func chassis() async throws(BMCFault) -> [String] {
        try await members(of: Links.id(root["Chassis"]) ?? "/redfish/v1/Chassis")
    }

    /// The ComputerSystem that is the node: the pinned one, the only one, or the only one that can be reset.
    func system() async throws(BMCFault) -> Found {
        var systems: [Found] = []
        for uri in try await self.systems() {
            if let pin = entry.pins.system {
                guard Links.isSame(uri, pin) || Links.lastComponent(uri) == pin else { continue }
                return Found(uri: uri, json: try await read(uri), why: "the inventory pins it")
            }
            systems.append(Found(uri: uri, json: try await read(uri), why: "the only system"))
        }
        if let pin = entry.pins.system { throw BMCFault(.unsupported, "the BMC has no system \"\(pin)\"") }
        if systems.count == 1 { return systems[0] }
        let resettable = systems.filter { $0.json["Actions", "#ComputerSystem.Reset"] != nil }
        let hosts =
            resettable.count == 1 ? resettable : resettable.filter { $0.json["Bios"] != nil || $0.json["Boot"] != nil }
        if hosts.count == 1 {
            return Found(uri: hosts[0].uri, json: hosts[0].json, why: "the only system that can be reset")
        }
        let ids = systems.map(\.id).joined(separator: ", ")
        throw BMCFault(
            .unsupported, systems.isEmpty ? "the BMC has no system" : "several systems (\(ids)); pin redfish.system")
    }

    // MARK: Pins

    private mutating func pinnedLimit(_ uri: String) async throws(BMCFault) -> Locator {
        let parts = uri.split(separator: "#", maxSplits: 1).map(String.init)
        let member = parts.count == 2 ? Links.lastComponent(parts[1]) : nil
        let document = try await read(parts[0])
        let shapes: [ControlShape] = [.control, .environmentMetrics, .dellAttributes, .power, .hpeAccelerators]
        for shape in shapes {
            let name = member ?? (shape == .power ? Self.onlyMember(document) : nil)
            if let found = control(in: document, shape, at: parts[0], member: name, why: "the inventory pins it"),
                case .limit? = ControlDialects.named(found.dialect)?.reading(in: document, at: found)?.value
            {
                return found
            }
        }
        throw BMCFault(.unsupported, "\(uri), which the inventory pins, holds no power limit in watts")
    }

    private static func onlyMember(_ document: JSONValue) -> String? {
        PowerControlLimit.index(in: document, member: nil).map { index in
            document["PowerControl"]?.array.flatMap { PowerControlLimit.member($0[index]) } ?? String(index)
        }
    }

    // MARK: Collections

    /// The power Controls of a chassis that can be used.
    mutating func powerControls(of chassis: String) async throws(BMCFault) -> [Found] {
        guard let collection = Links.id(try await read(chassis)["Controls"]) else { return [] }
        var found: [Found] = []
        for uri in try await optionalMembers(of: collection) {
            guard let json = try await optional(uri), json["ControlType"]?.string == "Power" else { continue }
            if StandardControl.isPowerInWatts(json) {
                found.append(Found(uri: uri, json: json))
            } else if let unit = json["SetPointUnits"]?.string {
                reject("\(uri) is set in \(unit), which is not watts")
            } else {
                reject("\(uri) has no set point")
            }
        }
        return found
    }

    /// The members of a collection, over all its pages; a null or absent list is empty.
    func members(of collection: String) async throws(BMCFault) -> [String] {
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

    /// The members of a collection that may be missing although it is linked.
    func optionalMembers(of collection: String) async throws(BMCFault) -> [String] {
        do {
            return try await members(of: collection)
        } catch {
            if error.kind == .unsupported { return [] }
            throw error
        }
    }

    /// A resource that may be missing although it is linked.
    func optional(_ uri: String) async throws(BMCFault) -> JSONValue? {
        do {
            return try await read(uri)
        } catch {
            if error.kind == .unsupported { return nil }
            throw error
        }
    }
}
