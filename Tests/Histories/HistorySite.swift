import PowerEvents
import Site

/// The little data centre that all histories happen in, as the inventory tells it at different times.
enum HistorySite {
    enum Variant: String, Sendable, Hashable, CaseIterable {
        case plain
        /// n1 has got a floor, n4 has lost its own.
        case otherFloors
        /// n2 may not be touched any more, nor one of n3's GPUs.
        case protectedNode
        /// n3 is gone, with its GPUs.
        case withoutNode
        /// n1's BMC has another address.
        case otherAddress
    }

    private static let sites = Dictionary(
        uniqueKeysWithValues: Variant.allCases.map { ($0, Site(resources: resources($0))) })

    /// With trays, and with groups around them.
    private static let sitesOfBudgets = Dictionary(
        uniqueKeysWithValues: Variant.allCases.map { variant in
            (variant, Site(resources: resources(variant) + trays(variant), groups: groups))
        })

    /// With an order in which all of them give, inside and out.
    private static let sitesInOrder = Dictionary(
        uniqueKeysWithValues: Variant.allCases.map { variant in
            (variant, Site(resources: resources(variant, orders) + trays(variant, orders), groups: groups))
        })

    private static let orders = [
        trayRack: 2, "n1": 1, "store": 3, "n4": 1, "n2": 2, "t1": 2, "t2": 1, "t1-gpu0": 2, "t1-gpu1": 1, "t2-gpu0": 1,
        "t2-gpu1": 2,
    ]

    static func site(_ variant: Variant, hasTrays: Bool = false, isInOrder: Bool = false) -> Site {
        (isInOrder ? sitesInOrder : hasTrays ? sitesOfBudgets : sites)[variant] ?? Site()
    }

    private static func bmc(_ number: Int) -> BMC? {
        BMC.Address("https://10.0.0.\(number)").map { BMC(address: $0, credentials: "bmc", trust: .unverified) }
    }

    private static let feeds = ["main-a", "main-b"]

    /// Nodes that have no limit of their own, in a rack. What the second draws beside its GPUs only its meter tells.
    private static func trays(_ variant: Variant, _ orders: [String: Int] = ["t1": 7, "t2": 8]) -> [Resource] {
        var list = [Resource(id: trayRack, type: .chassis, feeds: feeds, shedOrder: orders[trayRack])]
        for (number, tray) in [(7, "t1"), (8, "t2")] {
            list.append(
                Resource(
                    id: tray, type: .node, bmc: bmc(number), parent: trayRack, feeds: feeds,
                    rest: tray == "t1" ? Watts(150) : nil, shedOrder: orders[tray]))
            for gpu in 0...1 {
                let id = "\(tray)-gpu\(gpu)"
                list.append(
                    Resource(
                        id: id, type: .gpu, bmc: bmc(number), parent: tray,
                        floor: id == "t1-gpu0" && variant == .otherFloors ? Watts(350) : nil,
                        isProtected: id == "t2-gpu1" && variant == .protectedNode, feeds: feeds,
                        shedOrder: orders[id]))
            }
        }
        return list
    }

    private static let groups = [
        Group(id: "mixed", members: ["t1", "n4"]), Group(id: "row", members: [trayRack, "n1", "store"]),
    ]

    private static func resources(_ variant: Variant, _ orders: [String: Int] = [:]) -> [Resource] {
        let first = variant == .otherAddress ? 11 : 1
        var list = [
            Resource(id: "rack", type: .chassis, feeds: feeds), Resource(id: board, type: .chassis, bmc: bmc(first)),
        ]
        for (number, node) in [(first, "n1"), (2, "n2"), (3, "n3")] {
            if node == "n3", variant == .withoutNode { continue }
            let isProtected = node == "n2" && variant == .protectedNode
            let floor = node == "n1" && variant == .otherFloors ? Watts(450) : nil
            list.append(
                Resource(
                    id: node, type: .node, bmc: bmc(number), parent: "rack", floor: floor, isProtected: isProtected,
                    feeds: feeds, shedOrder: orders[node]))
            for gpu in 0...1 {
                list.append(
                    Resource(
                        id: "\(node)-gpu\(gpu)", type: .gpu, bmc: bmc(number), parent: node,
                        isProtected: isProtected || node == "n3" && gpu == 1 && variant == .protectedNode,
                        feeds: feeds))
            }
        }
        let floor = variant == .otherFloors ? nil : Watts(500)
        list.append(
            Resource(
                id: "n4", type: .node, bmc: bmc(4), parent: "rack", floor: floor, feeds: ["main-b"],
                shedOrder: orders["n4"]))
        list.append(
            Resource(id: "login", type: .node, bmc: bmc(5), parent: "rack", isProtected: true, feeds: feeds))
        list.append(
            Resource(
                id: "store", type: .node, bmc: bmc(6), parent: "rack", allowed: [.powerCap], feeds: feeds,
                shedOrder: orders["store"]))
        return list
    }

    static let nodes = ["n1", "n2", "n3", "n4", "login", "store"]
    static let gpus = ["n1-gpu0", "n1-gpu1", "n2-gpu0", "n2-gpu1", "n3-gpu0", "n3-gpu1"]
    static let board = "n1-board"
    static let trays = ["t1", "t2"]
    static let trayGPUs = ["t1-gpu0", "t1-gpu1", "t2-gpu0", "t2-gpu1"]
    static let trayRack = "trays"
    static let minimum = 200
    static let maximum = 1000

    static func floor(of resource: String, _ variant: Variant) -> Int {
        site(variant, hasTrays: true).resources[resource]?.floor?.wholeWatts ?? 0
    }

    /// The node whose BMC a resource is on.
    static func node(of resource: String) -> String { String(resource.prefix { $0 != "-" }) }
}
