import Shedding
import Site
import StrictJSON

/// The controls of one processor.
extension ControlSearch {
    struct Processor: Sendable {
        let uri: String
        let json: JSONValue
        /// That has it.
        let system: Found
        var id: String { Links.lastComponent(uri) }
    }

    /// By the processor's own metrics, then by a Control for it alone, then by its chassis' metrics, then by a member of
    /// a chassis' Power that names it. What its package limits as a whole counts as its own.
    mutating func gpuLimit() async throws(BMCFault) -> Locator {
        let processor = try await processor()
        if let uri = Links.id(processor.json["EnvironmentMetrics"]), let json = try await tree.optional(uri) {
            if let found = try await control(
                in: json, .environmentMetrics, at: uri, system: processor.system.uri, why: "the processor's own metrics"
            ) {
                return found
            }
            if json["PowerLimitWatts"] == nil { reject("\(uri) shows no PowerLimitWatts now") }
        }
        let own = try await chassis(of: processor)
        let around = try await enclosures(of: processor.system).filter { !Links.contains(own.map(\.uri), $0.uri) }
        for chassis in around + own {
            let controls = try await powerControls(of: chassis)
            let accelerators = Set(controls.compactMap { AcceleratorName.number($0.id) })
            var package = GPUPackage.unknown
            if !accelerators.isEmpty { package = try await self.package(of: processor, among: accelerators) }
            guard let own = controls.first(where: { Self.isFor(processor, $0, package) }) else { continue }
            if let found = try await control(
                in: own.json, .control, at: own.uri, system: processor.system.uri,
                why: "a Control of \(chassis.id) for this processor"
                    + (package.processors.count > 1 ? " and the others of its package" : " alone"))
            {
                return found
            }
        }
        for chassis in own {
            guard let metrics = Links.id(chassis.json["EnvironmentMetrics"]),
                let json = try await tree.optional(metrics),
                let found = try await control(
                    in: json, .environmentMetrics, at: metrics, system: processor.system.uri,
                    why: "the metrics of the processor's chassis")
            else { continue }
            return found
        }
        for chassis in around + own {
            if let found = try await powerLimit(of: processor, in: chassis) { return found }
        }
        throw nothing("the processor \(processor.uri) offers no power limit now")
    }

    private mutating func powerLimit(
        of processor: Processor, in chassis: Found
    ) async throws(BMCFault) -> Locator? {
        guard let power = Links.id(chassis.json["Power"]), let json = try await tree.optional(power) else { return nil }
        let members = json["PowerControl"]?.array ?? []
        let accelerators = Set(members.flatMap(Self.names).compactMap(AcceleratorName.number))
        var package = GPUPackage.unknown
        if !accelerators.isEmpty { package = try await self.package(of: processor, among: accelerators) }
        let own = members.indices.filter { Self.isFor(processor, members[$0], package) }
        guard own.count == 1, let name = PowerControlMember.name(at: own[0], in: members) else {
            if !own.isEmpty { reject("\(power) has several members for this processor that nothing tells apart") }
            return nil
        }
        return try await control(
            in: json, .power, at: power, member: name, system: processor.system.uri,
            why: "the PowerControl member that names this processor")
    }

    // MARK: Which processor

    /// By its Id, which is the last part of its URI; else by what is printed on it.
    mutating func processor() async throws(BMCFault) -> Processor {
        let name = entry.pins.processor ?? entry.key.resource
        var uris = try await systems()
        if let pin = entry.pins.system { uris = [try await pinned(pin, uris, "system")] }
        var named: [(uri: String, system: Found)] = []
        var others: [(uri: String, system: String)] = []
        for uri in uris {
            let isOnly = uris.count == 1
            guard let json = isOnly ? try await tree.read(uri) : try await tree.optional(uri),
                let collection = Links.id(json["Processors"])
            else { continue }
            for processor in try await tree.optionalMembers(of: collection) {
                if Links.lastComponent(processor) == name || Links.isSame(processor, name) {
                    named.append((processor, Found(uri: uri, json: json)))
                } else {
                    others.append((processor, uri))
                }
            }
        }
        if named.isEmpty {
            for other in others {
                guard let json = try await tree.optional(other.uri), Self.isPrinted(name, on: json) else { continue }
                named.append((other.uri, Found(uri: other.system, json: try await tree.read(other.system))))
            }
        }
        guard let only = named.first else {
            throw BMCFault(.unsupported, "no system of the BMC has a processor \"\(name)\"; give the GPU's processor")
        }
        guard named.count == 1 else {
            let all = named.map(\.uri).joined(separator: ", ")
            throw BMCFault(.unsupported, "several processors are \"\(name)\" (\(all)); pin redfish.system")
        }
        return Processor(uri: only.uri, json: try await tree.read(only.uri), system: only.system)
    }

    private static func isPrinted(_ name: String, on json: JSONValue) -> Bool {
        let names = [
            json["Id"], json["UUID"], json["SerialNumber"], json["Location", "PartLocation", "ServiceLabel"],
        ]
        return names.contains { $0?.string == name }
    }

    private mutating func chassis(of processor: Processor) async throws(BMCFault) -> [Found] {
        var found: [Found] = []
        for uri in Links.oneOrMany(processor.json["Links", "Chassis"]) {
            if let json = try await tree.optional(uri) { found.append(Found(uri: uri, json: json)) }
        }
        return found
    }

    // MARK: What is for it

    /// Which of a node's accelerators a GPU is in.
    private mutating func package(
        of processor: Processor, among accelerators: Set<Int>
    ) async throws(BMCFault) -> GPUPackage {
        var all: [GPUPackage.Die] = [.init(processor.uri, processor.json)]
        if let collection = Links.id(processor.system.json["Processors"]) {
            for uri in try await tree.optionalMembers(of: collection) where !Links.isSame(uri, processor.uri) {
                guard let json = try await tree.optional(uri), json["ProcessorType"]?.string == "GPU" else { continue }
                all.append(.init(uri, json))
            }
        }
        return GPUPackage(of: all[0], among: all, accelerators: accelerators)
    }

    /// Whether a Control limits this processor, or its package, and no other. Where it does not say, the accelerator's
    /// number has to.
    private static func isFor(_ processor: Processor, _ control: Found, _ package: GPUPackage) -> Bool {
        let related = Links.ids(control.json["RelatedItem"])
        if !related.isEmpty { return package.isLimited(related, processor.uri) }
        guard ["GPU", "Accelerator"].contains(control.json["PhysicalContext"]?.string) else { return false }
        if let number = AcceleratorName.number(control.id) { return number == package.accelerator }
        guard control.id.hasPrefix(processor.id) else { return false }
        return control.id.dropFirst(processor.id.count).first?.isNumber != true
    }

    private static func isFor(_ processor: Processor, _ member: JSONValue, _ package: GPUPackage) -> Bool {
        guard member["PowerLimit"]?.object != nil else { return false }
        let related = Links.ids(member["RelatedItem"])
        if Links.contains(related, processor.uri) { return package.isLimited(related, processor.uri) }
        return names(member).contains { name in
            if let number = AcceleratorName.number(name) { return number == package.accelerator }
            return name == processor.id
        }
    }

    private static func names(_ member: JSONValue) -> [String] {
        [PowerControlMember.id(member), member["Name"]?.string, Links.id(member).map(Links.lastComponent)]
            .compactMap { $0 }
    }
}
