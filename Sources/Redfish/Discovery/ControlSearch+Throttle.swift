import Shedding
import Site
import StrictJSON

/// Ways to slow a machine down other than a power limit.
extension ControlSearch {
    mutating func speedLimit() async throws(BMCFault) -> Locator {
        let processor = try await processor()
        if let found = try await control(
            in: processor.json, .processor, at: processor.uri, system: processor.system.uri, why: "the processor itself"
        ) {
            return found
        }
        for chassis in Links.oneOrMany(processor.json["Links", "Chassis"]) {
            guard let collection = Links.id(try await tree.optional(chassis)?["Controls"]) else { continue }
            for uri in try await tree.optionalMembers(of: collection) {
                guard let json = try await tree.optional(uri),
                    Links.ids(json["RelatedItem"]).allSatisfy({ Links.isSame($0, processor.uri) })
                else { continue }
                var place = Self.clock(uri)
                if let objection = ClockLimit.objection(to: json, at: place) { reject("\(uri) \(objection)") }
                guard ClockLimit.reading(in: json, at: place) != nil else { continue }
                place.system = processor.system.uri
                return place
            }
        }
        throw nothing("the processor \(processor.uri) offers no speed limit")
    }

    private static func clock(_ uri: String) -> Locator {
        Locator(dialect: ClockLimit.name, uri: uri, why: "the clock limit of the processor's chassis")
    }

    mutating func powerMode() async throws(BMCFault) -> Locator {
        let system = try await system()
        guard
            let found = try await control(
                in: system.json, .system, at: system.uri, system: system.uri, why: "the system itself")
        else { throw nothing("the system \(system.uri) offers no power modes") }
        return found
    }
}
