import Inventory
import Shedding
import StrictJSON

/// The controls of one processor.
extension ControlSearch {
    struct Processor: Sendable {
        let uri: String
        let json: JSONValue
        let system: String
        let systemJSON: JSONValue
    }

    /// By the processor's own metrics, then by a Control for it alone, then by its chassis' metrics, then by a member of
    /// a chassis' Power that names it.
    mutating func gpuLimit() async throws(BMCFault) -> Locator {
        let processor = try await processor()
        if let uri = Links.id(processor.json["EnvironmentMetrics"]), let json = try await optional(uri) {
            if let found = control(
                in: json, .environmentMetrics, at: uri, system: processor.system, why: "the processor's own metrics")
            {
                return found
            }
            reject("\(uri) shows no PowerLimitWatts now")
        }
        let chassis =
            Links.ids(processor.systemJSON["Links", "Chassis"]) + Links.oneOrMany(processor.json["Links", "Chassis"])
        for uri in chassis {
            let own = try await powerControls(of: uri).first { Self.isFor(processor, $0) }
            if let own,
                let found = control(
                    in: own.json, .control, at: own.uri, system: processor.system,
                    why: "a Control of \(Links.lastComponent(uri)) for this processor alone")
            {
                return found
            }
        }
        for uri in Links.oneOrMany(processor.json["Links", "Chassis"]) {
            guard let metrics = Links.id(try await optional(uri)?["EnvironmentMetrics"]),
                let json = try await optional(metrics),
                let found = control(
                    in: json, .environmentMetrics, at: metrics, system: processor.system,
                    why: "the metrics of the processor's chassis")
            else { continue }
            return found
        }
        for uri in chassis {
            guard let power = Links.id(try await optional(uri)?["Power"]), let json = try await optional(power) else {
                continue
            }
            for member in json["PowerControl"]?.array ?? [] where Self.names(processor, member) {
                guard let name = PowerControlLimit.member(member),
                    let found = control(
                        in: json, .power, at: power, member: name, system: processor.system,
                        why: "the PowerControl member that names this processor")
                else { continue }
                return found
            }
        }
        throw nothing("the processor \(processor.uri) offers no power limit now")
    }

    /// By its Id, which is the last part of its URI; else by what is printed on it.
    func processor() async throws(BMCFault) -> Processor {
        let name = entry.pins.processor ?? entry.key.resource
        var others: [(uri: String, system: String, systemJSON: JSONValue)] = []
        for systemURI in try await systems() {
            if let pin = entry.pins.system {
                guard Links.isSame(systemURI, pin) || Links.lastComponent(systemURI) == pin else { continue }
            }
            let system = try await read(systemURI)
            guard let collection = Links.id(system["Processors"]) else { continue }
            for uri in try await optionalMembers(of: collection) {
                if Links.lastComponent(uri) == name {
                    return Processor(uri: uri, json: try await read(uri), system: systemURI, systemJSON: system)
                }
                others.append((uri, systemURI, system))
            }
        }
        for other in others {
            guard let json = try await optional(other.uri) else { continue }
            let names = [
                json["Id"], json["UUID"], json["SerialNumber"], json["Location", "PartLocation", "ServiceLabel"],
            ]
            if names.contains(where: { $0?.string == name }) {
                return Processor(uri: other.uri, json: json, system: other.system, systemJSON: other.systemJSON)
            }
        }
        throw BMCFault(.unsupported, "no system of the BMC has a processor \"\(name)\"; give the GPU's processor")
    }

    /// Whether a Control limits this processor and no other. Where it does not say, the accelerator's number has to.
    private static func isFor(_ processor: Processor, _ control: Found) -> Bool {
        let related = Links.ids(control.json["RelatedItem"])
        if !related.isEmpty { return related.count == 1 && Links.isSame(related[0], processor.uri) }
        guard ["GPU", "Accelerator"].contains(control.json["PhysicalContext"]?.string) else { return false }
        let id = Links.lastComponent(processor.uri)
        if control.id.hasPrefix(id), control.id.dropFirst(id.count).first?.isNumber != true { return true }
        guard let number = trailingNumber(id), processor.json["ProcessorType"]?.string != "CPU" else { return false }
        return control.id == "Accelerator\(number)PowerLimit"
    }

    private static func names(_ processor: Processor, _ member: JSONValue) -> Bool {
        let related = Links.ids(member["RelatedItem"])
        if related.contains(where: { Links.isSame($0, processor.uri) }) { return related.count == 1 }
        let id = Links.lastComponent(processor.uri)
        let number = trailingNumber(id).map { "Accelerator\($0)" }
        let own = [PowerControlLimit.member(member), member["Name"]?.string, Links.id(member).map(Links.lastComponent)]
        return own.contains { name in name.map { $0 == id || $0 == number } ?? false }
    }

    private static func trailingNumber(_ id: String) -> String? {
        let digits = id.reversed().prefix { $0.isNumber }.reversed()
        return digits.isEmpty ? nil : String(digits)
    }
}
