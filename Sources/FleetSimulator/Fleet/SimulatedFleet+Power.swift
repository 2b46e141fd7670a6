import PowerEvents
import Site

/// The power of a simulated fleet, and what its machines have to do.
extension SimulatedFleet {
    /// What all machines really draw now.
    public var power: FleetPower {
        FleetPower(
            site, Dictionary(uniqueKeysWithValues: bmcs.map { ($0.address, $0.power) }), at: FleetClock.live.now)
    }

    /// What all machines would come to draw if nothing limited them.
    public var demand: FleetPower {
        FleetPower(
            site, Dictionary(uniqueKeysWithValues: bmcs.map { ($0.address, $0.demand) }), at: FleetClock.live.now)
    }

    /// Whether the meters of the feeds show an old reading for ever.
    public var meterIsStale: Bool {
        get { feedMeters.isStale }
        set { feedMeters.suffer(newValue ? [.stale] : [], of: self) }
    }

    /// The watts that a resource really draws now: a GPU, a node, or everything in a chassis; nil for what is not simulated.
    public func watts(of id: String) -> Double? {
        guard let resource = site.resources[id] else { return nil }
        switch resource.type {
        case .node: return bmc(of: id)?.power.total
        case .gpu:
            guard let bmc = bmc(of: id) else { return nil }
            let ids = bmc.machine.gpus.keys.sorted()
            return ids.firstIndex(of: resource.pins.processor ?? resource.id).map { bmc.power.parts[$0] }
        case .chassis: return power.racks[id]
        }
    }

    /// The BMCs that a name stands for: of a resource or group and what is in it, else of a feed, else of `all`.
    public func bmcs(named name: String) -> [SimulatedBMC] {
        let resources = site.resource(named: name).map { [$0] } ?? site.groups[name].map(site.members) ?? []
        if !resources.isEmpty {
            var waiting = resources
            var found: [SimulatedBMC] = []
            var seen: Set<String> = []
            while let next = waiting.popLast(), seen.insert(next.id).inserted {
                if let bmc = bmc(of: next.id), !found.contains(where: { $0 === bmc }) { found.append(bmc) }
                waiting += site.children(of: next.id)
            }
            return found
        }
        if name == "all" { return bmcs }
        let fed = Set(
            site.resources.values.filter { $0.feeds?.contains(name) == true }.compactMap { $0.bmc?.address })
        return bmcs.filter { fed.contains($0.address) }
    }
}
