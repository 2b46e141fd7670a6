import Shedding
import Site
import StrictJSON

/// The one control that limits all GPUs of a node together, and nothing else: `TotalGPU_Power_0` of NVIDIA baseboards.
extension ControlSearch {
    /// A control of the GPUs of the node alone, of all of them. A module's, of CPU and GPUs, is none; neither is one of
    /// some of the GPUs.
    mutating func gpuTotal() async throws(BMCFault) -> Locator {
        let system = try await system()
        let gpus = try await nodeGPUs(of: system)
        guard !gpus.isEmpty else { throw nothing("the node \(system.uri) has no GPUs that the BMC shows") }
        for uri in try await chassisOfGPUs(gpus) {
            // A control for all is not in what holds one of them.
            guard gpus.count == 1 || gpus.count(where: { Links.contains($0.chassis, uri) }) != 1,
                let json = try await tree.optional(uri)
            else { continue }
            let chassis = Found(uri: uri, json: json)
            let controls = try await powerControls(of: chassis)
            let totals = controls.filter { Self.totalObjection(to: $0, gpus) == nil }
            let volatile = totals.filter { $0.id.contains("Volatile") }
            let choice = totals.count > 1 && !volatile.isEmpty ? volatile : totals
            guard choice.count <= 1 else {
                let ids = choice.map(\.id).joined(separator: ", ")
                throw BMCFault(
                    .unsupported, "several controls of all GPUs (\(ids)); pin redfish.power_limit of a chassis")
            }
            if let only = choice.first,
                let found = try await control(
                    in: only.json, .control, at: only.uri, system: system.uri,
                    why: "the Control of \(chassis.id) for all GPUs of the node")
            {
                return found
            }
            for control in controls where GPUTotalName.isTotal(control.id) {
                if let objection = Self.totalObjection(to: control, gpus) { reject("\(control.uri) \(objection)") }
            }
            if controls.isEmpty, let found = try await totalMetrics(of: chassis, system) { return found }
        }
        throw nothing("no control limits all GPUs of the node \(system.uri) together")
    }

    /// Metrics that are an excerpt of the GPUs' total. Only where the chassis has no Controls: elsewhere a PATCH of the
    /// metrics writes all of them.
    private mutating func totalMetrics(
        of chassis: Found, _ system: Found
    ) async throws(BMCFault) -> Locator? {
        guard let uri = Links.id(chassis.json["EnvironmentMetrics"]), let json = try await tree.optional(uri),
            GPUTotalName.isExcerpt(json["PowerLimitWatts"])
        else { return nil }
        return try await control(
            in: json, .environmentMetrics, at: uri, system: system.uri,
            why: "the metrics of \(chassis.id) for all GPUs of the node")
    }

    // MARK: Which GPUs

    struct NodeGPU: Sendable {
        let uri: String
        let system: String
        let chassis: [String]
    }

    /// The GPUs of a node: of its own system, and of the baseboards beside it where it is the only host.
    mutating func nodeGPUs(of system: Found) async throws(BMCFault) -> [NodeGPU] {
        let all = try await outlines()
        let hosts = all.filter { $0.canReset || Links.isSame($0.uri, system.uri) }
        var gpus: [NodeGPU] = []
        for outline in all {
            let isOwn = Links.isSame(outline.uri, system.uri)
            guard isOwn || hosts.count <= 1 else { continue }
            guard let json = isOwn ? system.json : try await tree.optional(outline.uri),
                let collection = Links.id(json["Processors"])
            else { continue }
            for uri in try await tree.optionalMembers(of: collection) {
                guard let processor = try await tree.optional(uri) else {
                    // What cannot be read may be one: nothing is known then of what covers all.
                    if GPUTotalName.isGPU(Links.lastComponent(uri)) {
                        gpus.append(NodeGPU(uri: uri, system: outline.uri, chassis: []))
                    }
                    continue
                }
                guard processor["ProcessorType"]?.string == "GPU" else { continue }
                gpus.append(
                    NodeGPU(
                        uri: uri, system: outline.uri, chassis: Links.oneOrMany(processor["Links", "Chassis"])))
            }
        }
        return gpus
    }

    /// Where a control of all of them may be: the chassis of their systems, then those called a chassis, then the others.
    private mutating func chassisOfGPUs(_ gpus: [NodeGPU]) async throws(BMCFault) -> [String] {
        var uris: [String] = []
        for outline in try await outlines() where gpus.contains(where: { Links.isSame($0.system, outline.uri) }) {
            uris += outline.chassis
        }
        if let pin = entry.pins.chassis { uris.insert(try await pinned(pin, try await chassis(), "chassis"), at: 0) }
        let all = try await tree.optionalMembers(of: Links.id(root["Chassis"]) ?? "/redfish/v1/Chassis")
        let isLikely = { (uri: String) in Links.lastComponent(uri).contains("Chassis") }
        uris += all.filter(isLikely) + all.filter { !isLikely($0) }
        var seen: Set<String> = []
        return uris.filter { seen.insert(Links.canonical($0)).inserted }
    }

    // MARK: What is for all

    /// Why a power control is not that of all these GPUs and of nothing else; nil where it is.
    private static func totalObjection(to control: Found, _ gpus: [NodeGPU]) -> String? {
        if GPUTotalName.isModule(control.id) { return "limits a module with its CPU" }
        let isNamed = GPUTotalName.isTotal(control.id) || GPUTotalName.isTotal(control.json["Name"]?.string ?? "")
        let related = Links.ids(control.json["RelatedItem"])
        guard !related.isEmpty else {
            let context = control.json["PhysicalContext"]?.string
            let isOfGPUs = context == nil || ["GPU", "GPUSubsystem", "Accelerator"].contains(context)
            return isNamed && isOfGPUs ? nil : "does not say that it limits all GPUs"
        }
        var places: [String: Int] = [:]
        for (index, gpu) in gpus.enumerated() {
            for uri in [gpu.uri] + gpu.chassis {
                let name = Links.canonical(uri)
                places[name] = places[name] ?? index
            }
        }
        func gpu(_ uri: String) -> Int? { places[Links.canonical(uri)] }
        let strangers = related.filter { gpu($0) == nil }
        // A GPU that is not there now, and the chassis that holds the control, are no reason against what is called total.
        let allowed = strangers.filter { uri in
            let isMissingGPU =
                Links.parentComponent(uri) == "Processors" && GPUTotalName.isGPU(Links.lastComponent(uri))
            return isNamed && (isMissingGPU || Links.canonical(control.uri).hasPrefix(Links.canonical(uri) + "/"))
        }
        guard strangers.count == allowed.count else { return "limits other things than GPUs too" }
        let covered = Set(related.compactMap(gpu))
        if covered.isEmpty, isNamed { return nil }
        return covered.count == gpus.count ? nil : "limits \(covered.count) of the node's \(gpus.count) GPUs"
    }
}
