import PowerEvents
public import Shedding
import Site
import StrictJSON

/// The machines that one BMC manages, as an inventory would name them, and which of them share a control.
public struct BMCSurvey: Sendable, Hashable {
    /// A system that can be reset, or the only one.
    public struct Node: Sendable, Hashable {
        public var system: String
        public var hostName: String?
        public var model: String?
        public var serial: String?
        /// nil where it has no power limit that could be used; ``reason`` says why.
        public var control: ControlIdentity?
        public var reason: String?
        /// Those of its own system; of the only node, all.
        public var gpus: [GPU] = []
    }

    /// A processor that is a GPU.
    public struct GPU: Sendable, Hashable {
        public var processor: String
        public var system: String
        public var control: ControlIdentity?
    }

    /// A chassis with a power limit of its own, which is that of no node and of no GPU.
    public struct Chassis: Sendable, Hashable {
        public var id: String
        public var control: ControlIdentity
    }

    public var nodes: [Node] = []
    /// Whether the node has to be pinned, since there are other systems beside it.
    public var hasOtherSystems = false
    /// GPUs of which the BMC does not say to which of several nodes they belong.
    public var otherGPUs: [GPU] = []
    public var chassis: [Chassis] = []
    /// What was passed by, in words for people.
    public var remarks: [String] = []

    /// All GPUs, of all nodes.
    public var gpus: [GPU] { nodes.flatMap(\.gpus) + otherGPUs }

    init(_ search: inout ControlSearch) async throws(BMCFault) {
        let uris = search.root["Systems"] == nil ? [] : try await search.systems()
        hasOtherSystems = uris.count > 1
        for uri in uris {
            guard let json = try await search.tree.optional(uri, couldHoldControl: false) else { continue }
            var gpus: [GPU] = []
            if let collection = Links.id(json["Processors"]) {
                for processor in try await search.tree.optionalMembers(of: collection) {
                    guard try await search.tree.optional(processor)?["ProcessorType"]?.string == "GPU" else { continue }
                    let id = Links.lastComponent(processor)
                    let pins = Resource.Pins(system: hasOtherSystems ? uri : nil, processor: id)
                    let control = try await Self.control(of: .gpu, pins, &search).found
                    gpus.append(GPU(processor: id, system: Links.lastComponent(uri), control: control))
                }
            }
            guard uris.count == 1 || json["Actions", "#ComputerSystem.Reset"] != nil else {
                otherGPUs += gpus
                continue
            }
            let model = [json["Manufacturer"]?.string, json["Model"]?.string].compactMap { $0 }.joined(separator: " ")
            let own = try await Self.control(of: .node, .init(system: hasOtherSystems ? uri : nil), &search)
            nodes.append(
                Node(
                    system: Links.lastComponent(uri), hostName: Self.text(json["HostName"]),
                    model: model.isEmpty ? nil : model, serial: Self.text(json["SerialNumber"]), control: own.found,
                    reason: own.reason, gpus: gpus))
        }
        if nodes.count == 1 {
            nodes[0].gpus += otherGPUs
            otherGPUs = []
        }
        var known = Set(nodes.compactMap(\.control) + gpus.compactMap(\.control))
        for uri in search.root["Chassis"] == nil ? [] : try await search.chassis() {
            guard let control = try await Self.control(of: .chassis, .init(chassis: uri), &search).found,
                known.insert(control).inserted
            else { continue }
            chassis.append(Chassis(id: Links.lastComponent(uri), control: control))
        }
        if let pending = search.tree.pending { throw ControlSearch.laterThan(pending) }
        remarks = search.tree.troubles.map(\.fault.message) + search.tree.notes
    }

    /// What limits one resource, if anything; only what concerns the BMC as a whole ends the survey.
    private static func control(
        of type: ResourceType, _ pins: Resource.Pins, _ search: inout ControlSearch
    ) async throws(BMCFault) -> (found: ControlIdentity?, reason: String?) {
        let bmc = search.entry.bmc
        let key = ControlKey(resource: "", facet: .powerLimit)
        do throws(BMCFault) {
            let place = try await search.locate(ControlEntry(key: key, type: type, bmc: bmc, pins: pins))
            return (ControlIdentity(bmc: bmc.address, facet: .powerLimit, place: place.place), nil)
        } catch {
            guard [.unsupported, .invalidAnswer, .busy].contains(error.kind), search.tree.overspent == nil else {
                throw error
            }
            return (nil, error.message)
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
