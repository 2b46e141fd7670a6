import PowerEvents
import Site

/// Limits that live in what a machine powers, and go when this agent switches it off.
extension Breaches {
    /// Whether the power of a control's machine is switched by this agent, or about to be.
    func isGoingDown(_ key: ControlKey) -> Bool {
        guard Self.facetsWithoutPower.contains(key.facet), let resource = site.resources[key.resource] else {
            return false
        }
        let node = resource.type == .gpu ? resource.parent ?? resource.id : resource.id
        if case .power? = controls[ControlKey(resource: node, facet: .powerState)]?.entry.intent { return true }
        return false
    }

    /// The node's power is about to be switched, and with it go the limits that live in what it powers.
    mutating func markPowerCycled(_ node: String) {
        for resource in [node] + site.children(of: node).map(\.id) {
            for facet in Self.facetsWithoutPower {
                markPowerCycled(shared(ControlKey(resource: resource, facet: facet)))
            }
        }
    }

    /// What many machines forget with their power.
    private static let facetsWithoutPower: [ControlKey.Facet] = [.powerLimit, .speedLimit, .gpuTotal]

    /// A limit goes with the power, also one that was written, or seen to stand as was asked for, only on the way down.
    mutating func markPowerCycled(_ key: ControlKey) {
        guard let entry = controls[key]?.entry, entry.prior != nil, entry.isPowerCycled != true else { return }
        controls[key]?.entry.isPowerCycled = true
        changeLog.touch(key)
    }
}
