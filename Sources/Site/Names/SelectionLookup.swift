/// What the names of a ``ResourceSelection`` come to at one site, name by name.
struct SelectionLookup {
    let site: Site
    var unknown = ResourceSelection.Unknown()
    private var named: [Resource] = []
    private var groups: [Group] = []
    private var isNamed: Set<String> = []
    private var isSelected: Set<String> = []
    private var byFeed: [String: [Resource]] = [:]
    private var byBMC: [BMC.Address: [Resource]] = [:]

    init(_ site: Site) {
        self.site = site
        for resource in site.order.compactMap({ site.resources[$0] }) {
            for feed in resource.feeds ?? [] { byFeed[feed, default: []].append(resource) }
            if let bmc = resource.bmc { byBMC[bmc.address, default: []].append(resource) }
        }
    }

    var resolved: ResourceSelection.Resolved {
        var resolved = ResourceSelection.Resolved()
        resolved.named = named
        resolved.groups = groups
        resolved.all = site.order.filter(isSelected.contains).compactMap { site.resources[$0] }
        return resolved
    }

    mutating func take(name: String) -> Bool {
        if let resource = site.resource(named: name) {
            add(resource, withContents: true)
            return true
        }
        if let group = site.groups[name] {
            if !groups.contains(group) { groups.append(group) }
            for member in site.members(of: group) { add(member, withContents: true) }
            return true
        }
        return take(feed: name) || name.contains("://") && take(bmc: name)
    }

    /// What is fed by it says so itself, also where it lies in something else.
    mutating func take(feed: String) -> Bool {
        guard let those = byFeed[feed] else { return false }
        for resource in those { add(resource, withContents: false) }
        return true
    }

    mutating func take(bmc text: String) -> Bool {
        let address = BMC.Address(text) ?? BMC.Address("https://\(text)")
        guard let address, let those = byBMC[address] else { return false }
        for resource in those { add(resource, withContents: false) }
        return true
    }

    private mutating func add(_ resource: Resource, withContents: Bool) {
        if isNamed.insert(resource.id).inserted { named.append(resource) }
        isSelected.insert(resource.id)
        if withContents { isSelected.formUnion(site.contents(of: resource).map(\.id)) }
    }
}
