import Shedding

/// What a machine draws, as its meters show it: what its work asks for, under the caps that are in force.
struct VirtualLoad: Sendable {
    /// In watts, of each resource that has a limit.
    var workloads: [String: Int] = [:]
    /// What a tray draws beside its GPUs, in watts.
    var rest = 0

    init() {}

    init(of resources: [String], isTray: Bool, seed: SplitMix) {
        var random = seed
        for resource in resources { workloads[resource] = random.pick([150, 400, 700, 900, 1200]) }
        rest = isTray ? random.pick([100, 200, 300]) : 0
    }
}

extension VirtualBMC {
    /// What each resource draws that is metered, a tray as a whole and its GPUs with it.
    var watts: [String: Int] {
        guard machine.power == .on else { return [node: 0].merging(load.workloads.mapValues { _ in 0 }) { $1 } }
        var watts = load.workloads
        for (resource, asked) in load.workloads {
            let names = load.workloads.keys.count { place(of: $0) == place(of: resource) }
            let cap = register(of: resource)?.watts ?? HistorySite.maximum
            watts[resource] = min(asked, cap / max(1, names))
        }
        if HistorySite.trays.contains(node) { watts[node] = watts.values.reduce(load.rest, +) }
        return watts
    }
}
