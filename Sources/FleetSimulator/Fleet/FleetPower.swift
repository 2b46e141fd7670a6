import PowerEvents
import Site
public import StrictJSON

/// What the machines of a simulated fleet really draw at one moment, in watts, whatever their meters show.
public struct FleetPower: Sendable, Hashable {
    /// Seconds since 1970.
    public let at: Double
    public let total: Double
    /// By feed. A machine on several feeds draws the same share of each; one of which the inventory names none is in none.
    public let feeds: [String: Double]
    /// By chassis: of the machines in it, and its own BMC's.
    public let racks: [String: Double]
    public let nodes: [String: Double]

    /// - Parameter power: of each BMC, by its address
    init(_ site: Site, _ power: [BMC.Address: MachinePower], at: Double) {
        self.init(site, power.mapValues(\.total), at: at)
    }

    /// - Parameter power: watts of each BMC's machine, by its address
    init(_ site: Site, _ power: [BMC.Address: Double], at: Double) {
        var (feeds, racks, nodes): ([String: Double], [String: Double], [String: Double]) = ([:], [:], [:])
        var total = 0.0
        var counted: Set<BMC.Address> = []
        // Nodes first: of a BMC that has a node and its chassis, the node is the machine.
        let resources = site.order.compactMap { site.resources[$0] }
        for type in [ResourceType.node, .chassis] {
            for resource in resources where resource.type == type {
                guard let address = resource.bmc?.address, let watts = power[address],
                    counted.insert(address).inserted
                else { continue }
                total += watts
                if type == .node { nodes[resource.id] = watts }
                for name in resource.feeds ?? [] {
                    feeds[name, default: 0] += watts / Double(resource.feeds?.count ?? 1)
                }
                let around = site.enclosing(resource).map(\.id) + (type == .chassis ? [resource.id] : [])
                for id in around { racks[id, default: 0] += watts }
            }
        }
        self.at = at
        self.total = total
        self.feeds = feeds
        self.racks = racks
        self.nodes = nodes
    }

    /// `{"time": …, "total_watts": …, "feeds": {…}, "racks": {…}, "nodes": {…}}`, to a tenth of a watt.
    public var json: JSONValue {
        [
            "time": .string(Self.time(at)), "total_watts": Self.number(total), "feeds": Self.object(feeds),
            "racks": Self.object(racks), "nodes": Self.object(nodes),
        ]
    }

    static func object(_ values: [String: Double]) -> JSONValue {
        var object = JSONObject()
        for (key, value) in values.sorted(by: { $0.key < $1.key }) { object[key] = number(value) }
        return .object(object)
    }

    static func number(_ value: Double) -> JSONValue {
        JSONNumber((value * 10).rounded() / 10).map(JSONValue.number) ?? .null
    }

    static func time(_ seconds: Double) -> String { Timestamp(milliseconds: Int64(seconds * 1000)).description }
}
