import PowerEvents

/// All that this agent may touch: the resources of one or more inventory files, and the logins they refer to.
public struct Site: Sendable {
    public private(set) var resources: [String: Resource] = [:]
    /// Ids in the order of the files.
    public private(set) var order: [String] = []
    public var credentials: [String: CredentialReference]
    private var idByAlias: [String: String] = [:]
    private var childrenByParent: [String: [String]] = [:]

    /// - Parameter resources: with ids and aliases that are unique among all of them; of two alike the first counts.
    public init(resources list: [Resource] = [], credentials: [String: CredentialReference] = [:]) {
        self.credentials = credentials
        for resource in list where resources[resource.id] == nil {
            resources[resource.id] = resource
            order.append(resource.id)
            for alias in resource.aliases where idByAlias[alias] == nil { idByAlias[alias] = resource.id }
            if let parent = resource.parent { childrenByParent[parent, default: []].append(resource.id) }
        }
    }

    /// The resource that a hint names, by id or alias, case-sensitive. Never a guess: nil where nothing is so called.
    public func resource(named name: String) -> Resource? {
        resources[name] ?? idByAlias[name].flatMap { resources[$0] }
    }

    /// The nodes of a chassis, the GPUs of a node.
    public func children(of id: String) -> [Resource] {
        childrenByParent[id, default: []].compactMap { resources[$0] }
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

    public var nodeCount: Int { resources.values.count { $0.type == .node } }
}
