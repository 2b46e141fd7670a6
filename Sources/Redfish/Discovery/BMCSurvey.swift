import Inventory
import PowerEvents
import Shedding
import StrictJSON

/// The machines that one BMC manages, as an inventory would name them.
public struct BMCSurvey: Sendable, Hashable {
    /// A system that can be reset, or the only one.
    public struct Node: Sendable, Hashable {
        public var system: String
        public var hostName: String?
        public var model: String?
        public var serial: String?
    }

    public var nodes: [Node] = []
    /// Whether the node has to be pinned, since there are other systems beside it.
    public var hasOtherSystems = false
    /// The Ids of processors that are GPUs, over all systems.
    public var gpus: [String] = []
    /// Chassis with a power limit of their own that belongs to no node.
    public var chassis: [String] = []

    init(root: JSONValue, read: @escaping @Sendable (String) async throws(BMCFault) -> JSONValue) async throws(BMCFault)
    {
        guard let address = BMC.Address("https://unused") else { return }
        let entry = ControlEntry(
            key: ControlKey(resource: "", facet: .powerLimit), type: .node,
            bmc: BMC(address: address, credentials: "", trust: .systemAuthorities), pins: Resource.Pins())
        var search = ControlSearch(read: read, root: root, entry: entry)
        let systems = root["Systems"] == nil ? [] : try await search.systems()
        var hosting: Set<String> = []
        for uri in systems {
            guard let json = try await search.optional(uri) else { continue }
            if let collection = Links.id(json["Processors"]) {
                for processor in try await search.optionalMembers(of: collection) {
                    guard try await search.optional(processor)?["ProcessorType"]?.string == "GPU" else { continue }
                    gpus.append(Links.lastComponent(processor))
                }
            }
            guard systems.count == 1 || json["Actions", "#ComputerSystem.Reset"] != nil else { continue }
            hosting.formUnion(Links.ids(json["Links", "Chassis"]).map(Links.canonical))
            let model = [json["Manufacturer"]?.string, json["Model"]?.string].compactMap { $0 }.joined(separator: " ")
            nodes.append(
                Node(
                    system: Links.lastComponent(uri), hostName: Self.text(json["HostName"]),
                    model: model.isEmpty ? nil : model, serial: Self.text(json["SerialNumber"])))
        }
        hasOtherSystems = systems.count > 1
        for uri in root["Chassis"] == nil ? [] : try await search.chassis()
        where !hosting.contains(Links.canonical(uri)) {
            if try await search.hasOwnLimit(uri) { chassis.append(Links.lastComponent(uri)) }
        }
    }

    private static func text(_ value: JSONValue?) -> String? {
        value?.string.flatMap { $0.trimmingSpaces.isEmpty ? nil : $0.trimmingSpaces }
    }
}

extension String {
    /// Serial numbers come padded.
    fileprivate var trimmingSpaces: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
