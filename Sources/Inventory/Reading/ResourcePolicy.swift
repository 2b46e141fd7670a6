import PowerEvents
import Settings
import Site

/// The keys that chassis, nodes and GPUs have in common, read once per entry.
struct ResourcePolicy {
    let floor: Watts?
    let isProtected: Bool
    let allowed: Set<ShedAction>
    let feeds: [String]?
    let shedOrder: Int?
    /// For a node only.
    let rest: Watts?
    let usesNodeManager: Bool
    private let aliases: [Setting]
    private let powerLimit: Setting?
    private let system: Setting?
    private let chassis: Setting?

    /// Between these is the power of every machine of a kind; a floor beyond them is likely in another unit.
    private static let plausibleFloors: [ResourceType: ClosedRange<Int>] = [
        .gpu: 20...3000, .node: 30...30_000, .chassis: 30...1_000_000,
    ]

    /// What a node draws beside its GPUs: from a tray with one small processor to an air-cooled one with many fans.
    private static let plausibleRests = 20...10_000

    init(_ members: Members, of type: ResourceType) {
        floor = members["floor"]?.power()
        isProtected = members["protected"]?.bool() ?? false
        shedOrder = members["shed_order"]?.int(0...1_000_000)
        rest = members["rest"]?.power()
        usesNodeManager = members["node_manager"]?.bool() ?? false
        allowed =
            members["allow"].map { setting in Set(setting.elements().compactMap { $0.choice(ShedAction.self) }) }
            ?? Set(ShedAction.allCases)
        if let floor, floor > .zero, let range = Self.plausibleFloors[type], !range.contains(floor.wholeWatts) {
            members["floor"]?.warn("\(floor) is far from the power of any \(type.rawValue); is the unit right?")
        }
        if let rest, rest > .zero, !Self.plausibleRests.contains(rest.wholeWatts) {
            members["rest"]?.warn("\(rest) is far from what any node draws beside its GPUs; is the unit right?")
        }
        if rest != nil, members["gpus"] == nil {
            members["rest"]?.warn(
                "can never matter, unless the BMC has one limit for all GPUs: no gpus are listed here")
        }
        let rulesOfCaps = ["floor", "rest", "shed_order", "node_manager"]
        if isProtected {
            for rule in rulesOfCaps + ["allow"] { members[rule]?.warn("can never matter: the resource is protected") }
        } else if type != .gpu, allowed.isSubset(of: [.suspend]) {
            // A GPU is suspended by a cap; all else is capped by the other two actions only.
            for rule in rulesOfCaps { members[rule]?.warn("can never matter: allow has no power_cap and no throttle") }
        }
        feeds = members["feeds"]?.strings()
        if let setting = members["aliases"] {
            aliases = setting.isList ? setting.elements() : [setting]
        } else {
            aliases = []
        }
        let pins = members["redfish"]?.members(InventoryKeys.redfish)
        powerLimit = pins?["power_limit"]
        system = pins?["system"]
        chassis = pins?["chassis"]
        if let powerLimit, let text = powerLimit.string(), !text.hasPrefix("/redfish/") {
            powerLimit.note("should be a URI that begins with /redfish/")
        }
    }

    func aliases(of id: String, at index: Int, count: Int, node: String? = nil) -> [String] {
        aliases.compactMap { value($0, at: index, count: count, node: node ?? id) }
    }

    func pins(at index: Int, count: Int, node: String? = nil) -> Resource.Pins {
        func pin(_ setting: Setting?) -> String? { setting.flatMap { value($0, at: index, count: count, node: node) } }
        return Resource.Pins(powerLimit: pin(powerLimit), system: pin(system), chassis: pin(chassis))
    }

    /// One of a range as long as the ids', or the one value for all of them.
    private func value(_ setting: Setting, at index: Int, count: Int, node: String?) -> String? {
        guard let text = setting.nonEmptyString() else { return nil }
        let replaced = node.map { text.replacing("{node}", with: $0) } ?? text
        guard let values = try? HostRange.expand(replaced), values.count == count || values.count == 1 else {
            // Noted once, not per id.
            return index == 0 ? setting.fail("should be one value, or a range of \(count)") : nil
        }
        return values.count == 1 ? values[0] : values[index]
    }
}
