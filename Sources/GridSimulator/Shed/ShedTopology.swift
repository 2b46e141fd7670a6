public import PowerEvents
public import Site

/// Who can be asked to shed, by priority and then in the order of the inventory.
public struct ShedTopology: Sendable {
    /// One entry of a power agent's `shed`: resources, and what they are asked for.
    public struct Tier: Sendable, Hashable {
        public var priority: Int
        /// Resources or groups; what lies in a chassis or group is meant.
        public var resources: [String]
        public var type: ResourceType
        public var action: ShedAction
        public var lowest: Double?

        public init(
            priority: Int, resources: [String], type: ResourceType, action: ShedAction = .powerCap,
            lowest: Double? = nil
        ) {
            self.priority = priority
            self.resources = resources
            self.type = type
            self.action = action
            self.lowest = lowest
        }
    }

    public let resources: [Sheddable]

    public init(_ resources: [Sheddable]) {
        self.resources = resources.enumerated()
            .sorted { ($0.element.priority, $0.offset) < ($1.element.priority, $1.offset) }.map(\.element)
    }

    /// - Parameter tiers: empty for what a site suggests by itself: GPUs first, then nodes without any
    public init(site: Site, tiers: [Tier] = []) {
        var found: [Sheddable] = []
        var taken: Set<String> = []
        for tier in tiers.isEmpty ? Self.usual(site) : tiers {
            for name in tier.resources {
                for resource in Self.members(name, of: tier.type, in: site) {
                    guard !resource.isProtected, resource.allowed.contains(tier.action), let feeds = resource.feeds,
                        !feeds.isEmpty, taken.insert(resource.id).inserted
                    else { continue }
                    let floor = resource.floor.map { Double($0.microwatts) / 1_000_000 }
                    let lowest = [tier.lowest, floor].compactMap { $0 }.max()
                    found.append(
                        Sheddable(
                            id: resource.id, type: resource.type, action: tier.action, priority: tier.priority,
                            lowest: lowest, feeds: feeds))
                }
            }
        }
        self.init(found)
    }

    public func fed(by feed: String) -> [Sheddable] { resources.filter { $0.feeds.contains(feed) } }

    private static func usual(_ site: Site) -> [Tier] {
        let nodes = site.order.filter { site.resources[$0]?.type == .node }
        let bare = nodes.filter { node in !site.children(of: node).contains { $0.type == .gpu } }
        return [
            Tier(priority: 1, resources: nodes, type: .gpu), Tier(priority: 2, resources: bare, type: .node),
        ]
    }

    /// What a name means: resources of a type that are it, or lie in it, in the site's order.
    private static func members(_ name: String, of type: ResourceType, in site: Site) -> [Resource] {
        var waiting = site.resource(named: name).map { [$0] } ?? site.groups[name].map(site.members) ?? []
        var found: [Resource] = []
        waiting.reverse()
        while let next = waiting.popLast() {
            if next.type == type {
                found.append(next)
            } else {
                waiting += site.children(of: next.id).reversed()
            }
        }
        return found
    }
}
