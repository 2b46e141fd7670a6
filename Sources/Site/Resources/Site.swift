import PowerEvents

/// All that this agent may touch: the resources of one or more inventory files, and the logins they refer to.
public struct Site: Sendable {
    public private(set) var resources: [String: Resource] = [:]
    /// Ids in the order of the files.
    public private(set) var order: [String] = []
    public var credentials: [String: CredentialReference]
    private var idByAlias: [String: String] = [:]
    private var childrenByParent: [String: [String]] = [:]
    /// What an operator put together under one name, so that a hint can name it.
    public private(set) var groups: [String: Group] = [:]
    /// How many of the resources are nodes.
    public private(set) var nodeCount = 0

    /// - Parameters:
    ///   - list: with ids and aliases that are unique among all of them; of two alike the first counts
    ///   - groups: with ids that no resource has, and without circles
    public init(
        resources list: [Resource] = [], groups: [Group] = [], credentials: [String: CredentialReference] = [:]
    ) {
        self.credentials = credentials
        for group in groups where self.groups[group.id] == nil { self.groups[group.id] = group }
        for resource in list where resources[resource.id] == nil {
            resources[resource.id] = resource
            order.append(resource.id)
            if resource.type == .node { nodeCount += 1 }
            for alias in resource.aliases where idByAlias[alias] == nil { idByAlias[alias] = resource.id }
            if let parent = resource.parent { childrenByParent[parent, default: []].append(resource.id) }
        }
    }

    /// The resource that a hint names, by id or alias, case-sensitive. Never a guess: nil where nothing is so called.
    public func resource(named name: String) -> Resource? {
        resources[name] ?? idByAlias[name].flatMap { resources[$0] }
    }

    /// Whether a hint can name something here by this name: a resource or a group.
    public func owns(_ name: String) -> Bool { resource(named: name) != nil || groups[name] != nil }

    /// The nodes of a chassis, the GPUs of a node.
    public func children(of id: String) -> [Resource] {
        childrenByParent[id, default: []].compactMap { resources[$0] }
    }

    /// Everything that lies in a resource, at any depth.
    public func contents(of resource: Resource) -> [Resource] {
        var found: [Resource] = []
        var seen: Set<String> = [resource.id]
        var waiting = Array(children(of: resource.id).reversed())
        while let inner = waiting.popLast() {
            guard seen.insert(inner.id).inserted else { continue }
            found.append(inner)
            waiting += children(of: inner.id).reversed()
        }
        return found
    }

    /// The names of all feeds that anything is fed by, sorted.
    public var feeds: [String] { Set(resources.values.flatMap { $0.feeds ?? [] }).sorted() }

    /// The resources of a group and of the groups in it, each once, in the order of its members. What lies in another
    /// member is left to that.
    public func members(of group: Group) -> [Resource] {
        var seen: Set<String> = []
        var groupsSeen: Set<String> = [group.id]
        var found: [Resource] = []
        var waiting = Array(group.members.reversed())
        while let name = waiting.popLast() {
            if let resource = resource(named: name) {
                if seen.insert(resource.id).inserted { found.append(resource) }
            } else if let inner = groups[name], groupsSeen.insert(name).inserted {
                waiting += inner.members.reversed()
            }
        }
        return found.filter { resource in !enclosing(resource).contains { seen.contains($0.id) } }
    }

    /// A resource and what it lies in, innermost first.
    public func enclosing(_ resource: Resource) -> [Resource] {
        var chain: [Resource] = []
        var next = resource.parent
        while let id = next, let parent = resources[id], chain.count < 4 {
            chain.append(parent)
            next = parent.parent
        }
        return chain
    }

    /// Every BMC once, in the order of the files.
    public var bmcs: [BMC] {
        var seen: Set<BMC.Address> = []
        return order.compactMap { resources[$0]?.bmc }.filter { seen.insert($0.address).inserted }
    }
}
