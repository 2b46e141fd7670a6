import PowerEvents
import Site

/// Which machines are metered next while something is held: each once in a while, evenly spread, behind everything else.
struct Metering: Sendable {
    private var machines: [BMC.Address: [MeterOrder.Machine]] = [:]
    private var addresses: [BMC.Address] = []
    private var roundStart: Timestamp?
    private var position = 0
    /// BMCs that are to be metered, and wait for their slot.
    private(set) var wanted: Set<BMC.Address> = []

    init(site: Site) { reload(site) }

    mutating func reload(_ site: Site) {
        machines = [:]
        for resource in site.order.compactMap({ site.resources[$0] }) {
            guard let bmc = resource.bmc, resource.type != .gpu || !isPart(resource, of: site) else { continue }
            let gpus = resource.type == .node ? site.children(of: resource.id).filter { $0.bmc == bmc } : []
            machines[bmc.address, default: []].append(MeterOrder.Machine(resource: resource, gpus: gpus))
        }
        wanted.formIntersection(machines.keys)
    }

    /// Whether a GPU is metered with its node.
    private func isPart(_ gpu: Resource, of site: Site) -> Bool {
        gpu.parent.flatMap { site.resources[$0] }?.bmc == gpu.bmc
    }

    /// The GPUs that are metered with a machine.
    func gpus(of resource: Resource) -> [Resource] {
        guard let bmc = resource.bmc else { return [] }
        return machines[bmc.address]?.first { $0.resource.id == resource.id }?.gpus ?? []
    }

    /// A round is never shorter, whatever the configuration says: it would never end.
    private static let shortestRound = Duration.seconds(1)

    /// When ``due(_:every:now:)`` can have anything to say, where something is held; nil where nothing can be metered.
    func nextDue(every: Duration) -> Timestamp? {
        guard !machines.isEmpty else { return nil }
        guard let roundStart else { return Timestamp(milliseconds: 0) }
        let every = max(every, Self.shortestRound)
        guard position < addresses.count else { return roundStart + every }
        return roundStart + every * (Double(position) / Double(addresses.count))
    }

    /// The BMC that is due now, of those on which something is held. It stays due until ``didSend()``.
    mutating func due(_ held: () -> Set<BMC.Address>, every: Duration, now: Timestamp) -> BMC.Address? {
        let every = max(every, Self.shortestRound)
        if let roundStart, now < roundStart + every, position >= addresses.count { return nil }
        if roundStart == nil || position >= addresses.count {
            addresses = held().filter { machines[$0] != nil }.sorted()
            roundStart = now
            position = 0
        }
        guard let roundStart, position < addresses.count else { return nil }
        let due = roundStart + every * (Double(position) / Double(addresses.count))
        return due <= now ? addresses[position] : nil
    }

    mutating func didSend() {
        if position < addresses.count { wanted.insert(addresses[position]) }
        position += 1
    }

    mutating func skip() { position += 1 }

    /// What to ask of a BMC whose turn has come; nil where it is not to be metered.
    mutating func take(_ bmc: BMC.Address) -> [MeterOrder.Machine]? {
        wanted.remove(bmc) == nil ? nil : machines[bmc]
    }
}
