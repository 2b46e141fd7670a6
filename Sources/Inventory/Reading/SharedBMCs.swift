import PowerEvents
import Settings
import Site

/// Warns where resources of an inventory meet on one BMC in a way that an operator should know of: one of them is
/// protected and another is not, they log in otherwise, or both name the same thing there.
struct SharedBMCs {
    private let places: [String: Setting]
    /// By the lines of both entries: whole ranges meet at once, and are one warning.
    private var meetings: [Meeting: (resource: String, message: String, count: Int)] = [:]
    private var order: [Meeting] = []

    private struct Meeting: Hashable {
        let place: String
        let other: String
        let kind: String
    }

    /// What two resources must not both name on one BMC.
    private struct Target: Hashable {
        let bmc: BMC.Address
        let kind: String
        let name: String
    }

    /// - Parameter places: where each resource was defined
    init(places: [String: Setting]) { self.places = places }

    /// - Parameter resources: with what they inherit
    mutating func warn(_ resources: [Resource]) {
        var byBMC: [BMC.Address: [Resource]] = [:]
        for resource in resources {
            if let address = resource.bmc?.address { byBMC[address, default: []].append(resource) }
        }
        var targets: [Target: Resource] = [:]
        for resource in resources {
            guard let bmc = resource.bmc, let all = byBMC[bmc.address], all.count > 1 else { continue }
            if resource.isProtected, let open = all.first(where: { !$0.isProtected }) {
                note(
                    resource, open, "protection",
                    "\(resource.id) is protected, and \(open.id) on the same BMC (\(bmc.address)) is not: what is written "
                        + "for one can bear on the other")
            }
            if let first = all.first?.bmc, first.credentials != bmc.credentials || first.trust != bmc.trust {
                note(
                    resource, all[0], "login",
                    "\(resource.id) and \(all[0].id) are on one BMC (\(bmc.address)) with different credentials or tls")
            }
            for target in Self.targets(of: resource, at: bmc.address) {
                guard let first = targets[target] else {
                    targets[target] = resource
                    continue
                }
                note(
                    resource, first, target.kind,
                    target.name.isEmpty
                        ? "\(resource.id) and \(first.id) are two nodes on one BMC (\(bmc.address)) without a system of their "
                            + "own; write redfish: { system: … } where it has several"
                        : "\(resource.id) and \(first.id) name the same \(target.kind) \"\(target.name)\" on one BMC "
                            + "(\(bmc.address)): they are one control")
            }
        }
        for meeting in order {
            guard let (resource, message, count) = meetings[meeting] else { continue }
            places[resource]?.warn(count > 1 ? "\(message); and \(count - 1) more of these entries" : message)
        }
    }

    private static func targets(of resource: Resource, at bmc: BMC.Address) -> [Target] {
        let pins = resource.pins
        if let uri = pins.powerLimit {
            return [Target(bmc: bmc, kind: "power_limit", name: uri.hasSuffix("/") ? String(uri.dropLast()) : uri)]
        }
        switch resource.type {
        case .gpu:
            return pins.processor.map { processor in
                // Two systems of one BMC may each have a processor of that name.
                [
                    Target(
                        bmc: bmc, kind: "processor",
                        name: [pins.system, processor].compactMap { $0 }.joined(separator: "/"))
                ]
            } ?? []
        case .node: return [Target(bmc: bmc, kind: "system", name: lastPart(pins.system ?? ""))]
        case .chassis: return pins.chassis.map { [Target(bmc: bmc, kind: "chassis", name: lastPart($0))] } ?? []
        }
    }

    /// An Id, of an Id or a URI.
    private static func lastPart(_ text: String) -> String { text.split(separator: "/").last.map(String.init) ?? "" }

    private mutating func note(_ resource: Resource, _ other: Resource, _ kind: String, _ message: String) {
        func line(_ id: String) -> String { places[id].map { "\($0.file):\($0.line ?? 0):\($0.key)" } ?? id }
        let meeting = Meeting(place: line(resource.id), other: line(other.id), kind: kind)
        if meetings[meeting] == nil { order.append(meeting) }
        meetings[meeting, default: (resource.id, message, 0)].count += 1
    }
}
