import PowerEvents
import Shedding
import Site
import StrictJSON
import Testing

/// A core with machines that do as they are told: trays without a limit of their own, whose GPUs have one, and servers
/// that have one.
struct BudgetWorld {
    var world: CoreWorld
    /// What each control holds; a resource that is not in it has none.
    var limits: [String: Int?] = [:]
    var unreachable: Set<String> = []
    /// Minimums that are other than 200 W, which no patrol has seen.
    var minimums: [String: Int] = [:]
    /// GPUs whose limit is that of another one.
    var shared: [String: String] = [:]
    /// BMCs that accept a write and keep what they hold.
    var ignoring: Set<String> = []
    private(set) var written: [String] = []
    private(set) var metered: [String] = []

    /// Two trays of two GPUs of 200 to 700 W and 400 W beside them, two servers of 200 to 1000 W, one of them protected,
    /// in one rack; and a group of the rack and a server elsewhere.
    static let site: Site = {
        func bmc(_ host: String) -> BMC? {
            BMC.Address("https://\(host)").map { BMC(address: $0, credentials: "bmc", trust: .unverified) }
        }
        var resources = [Resource(id: "rack", type: .chassis, feeds: ["main-a"])]
        for number in 1...2 {
            let bmc = bmc("10.1.0.\(number)")
            resources.append(
                Resource(
                    id: "tray\(number)", type: .node, bmc: bmc, parent: "rack", feeds: ["main-a"], rest: Watts(400)))
            for gpu in 0...1 {
                resources.append(
                    Resource(
                        id: "tray\(number)-gpu\(gpu)", type: .gpu, bmc: bmc, parent: "tray\(number)", feeds: ["main-a"])
                )
            }
        }
        resources += [
            Resource(id: "server", type: .node, bmc: bmc("10.1.0.3"), parent: "rack", floor: Watts(300)),
            Resource(id: "guarded", type: .node, bmc: bmc("10.1.0.4"), parent: "rack", isProtected: true),
            Resource(id: "far", type: .node, bmc: bmc("10.1.0.5"), shedOrder: 1),
            Resource(id: "elsewhere", type: .node, bmc: bmc("10.1.0.6"), feeds: ["main-b"]),
            Resource(id: "bare", type: .node, bmc: bmc("10.1.0.7"), feeds: ["main-a"]),
            Resource(id: "bare-gpu0", type: .gpu, bmc: bmc("10.1.0.7"), parent: "bare", feeds: ["main-a"]),
            Resource(id: "bare-gpu1", type: .gpu, bmc: bmc("10.1.0.7"), parent: "bare", feeds: ["main-a"]),
        ]
        return Site(
            resources: resources,
            groups: [
                Group(id: "feed-a", members: ["rack", "far"]), Group(id: "both", members: ["tray1", "elsewhere"]),
                Group(id: "pair", members: ["far", "tray1"]),
            ])
    }()

    init(_ change: (inout Policy) -> Void = { _ in }) {
        world = CoreWorld(site: Self.site, change)
        for gpu in ["tray1-gpu0", "tray1-gpu1", "tray2-gpu0", "tray2-gpu1", "bare-gpu0", "bare-gpu1"] {
            limits[gpu] = .some(nil)
        }
        for node in ["server", "guarded", "far", "elsewhere"] { limits[node] = .some(nil) }
    }

    /// The patrol has seen everything: which limits there are, and what is drawn.
    mutating func see(_ watts: [String: Int]) {
        var sight = Sight(watts: watts.mapValues { Watts($0) })
        for resource in Self.site.resources.values where resource.bmc != nil {
            let key = ControlKey(resource: resource.id, facet: .powerLimit)
            sight.controls[key] =
                limits[resource.id].map { ControlSight(range: range(resource.id), limit: $0.map { Watts($0) }) }
                ?? ControlSight(isMissing: true)
        }
        world.show(sight)
    }

    private func range(_ resource: String) -> PowerRange {
        PowerRange(minimum: Watts(200), maximum: Watts(resource.contains("gpu") ? 700 : 1000))
    }

    /// Performs everything until nothing is left to do at this time.
    mutating func run() {
        for _ in 0..<1000 {
            world.commitAll()
            guard let index = world.effects.firstIndex(where: { Self.isRequest($0) }) else { return }
            switch world.effects.remove(at: index) {
            case .read(let order): world.step(.read(order.id, read(order.entry.key)))
            case .write(let order):
                world.step(.wrote(order.id, order.changes.map { write($0) }))
            // What meters show, tests say.
            case .meter(let order):
                metered += order.machines.map(\.resource.id)
                world.step(.metered(order.id, Sight()))
            default: break
            }
        }
        Issue.record("it does not settle")
    }

    mutating func pass(_ duration: Duration) {
        world.pass(duration)
        run()
    }

    /// The same in steps of a second, by which what waits goes on.
    mutating func passSlowly(_ seconds: Int) {
        for _ in 0..<seconds {
            pass(.seconds(1))
            for case .wake(let id, _) in world.effects { world.step(.woke(id)) }
            run()
        }
    }

    private static func isRequest(_ effect: Effect) -> Bool {
        switch effect {
        case .read, .write, .meter: true
        default: false
        }
    }

    func read(_ key: ControlKey) -> Result<Reading, BMCFault> {
        let resource = shared[key.resource] ?? key.resource
        if unreachable.contains(resource) { return .failure(BMCFault(.refused, "it refuses")) }
        if key.facet == .powerState { return .success(Fixture.power(off.contains(resource) ? .off : .on)) }
        guard let limit = limits[resource] else { return .failure(BMCFault(.unsupported, "no limit")) }
        var reading = Fixture.limit(
            limit, minimum: minimums[resource] ?? 200, maximum: resource.contains("gpu") ? 700 : 1000,
            identity: resource)
        reading.place = ControlPlace(path: "/\(resource)", dialect: "limit")
        return .success(reading)
    }

    private(set) var off: Set<String> = []

    private mutating func write(_ change: WriteOrder.Change) -> Result<Void, BMCFault> {
        let resource = shared[change.entry.key.resource] ?? change.entry.key.resource
        written.append("\(resource): \(change.write)")
        if ignoring.contains(resource) { return .success(()) }
        switch change.write {
        case .limit(let watts): limits[resource] = watts.wholeWatts
        case .restore(let fragment): limits[resource] = .some(fragment["SetPoint"]?.number.flatMap { Int($0.text) })
        case .reset(.on): off.remove(resource)
        case .reset: off.insert(resource)
        case .speed, .mode: break
        }
        return .success(())
    }

    var lastReport: Enforcement? { world.reports.last?.enforcement }
}
