import PowerEvents
public import Site

/// How the caps of a site's nodes would be met, as far as the inventory alone tells; the BMCs are asked by ``Preflight``.
public enum CapOutlook {
    /// One line for each way, with how many nodes go it; protected nodes and those without a BMC are not capped.
    public static func lines(_ site: Site) -> [String] {
        var counts: [String: Int] = [:]
        var order: [String] = []
        for id in site.order {
            guard let node = site.resources[id], node.type == .node, !node.isProtected, node.bmc != nil,
                node.allowed.contains(.powerCap)
            else { continue }
            let way = way(of: node, in: site)
            if counts[way] == nil { order.append(way) }
            counts[way, default: 0] += 1
        }
        return order.map { way in
            let count = counts[way] ?? 0
            return "power caps of \(count) node\(count == 1 ? "" : "s"): \(way)"
        }
    }

    private static func way(of node: Resource, in site: Site) -> String {
        if node.pins.powerLimit != nil { return "the control that the inventory pins" }
        let gpus = site.children(of: node.id).filter { $0.type == .gpu && !$0.isProtected }.count
        var ways: [String] = []
        if node.pins.nodeManager { ways.append("a policy of this agent in its Node Manager") }
        if gpus > 0 { ways.append("a budget over its \(gpus) GPU\(gpus == 1 ? "" : "s")") }
        if ways.isEmpty { ways.append("a control of all its GPUs, of which the inventory gives it none") }
        return "its own control; where it has none, \(ways.joined(separator: ", or "))"
    }
}
