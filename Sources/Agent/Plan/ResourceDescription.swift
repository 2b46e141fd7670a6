import PowerEvents
public import Site
public import StrictJSON

/// A resource of the inventory, for people and for programs.
public enum ResourceDescription {
    public static func json(_ resource: Resource) -> JSONValue {
        var object = JSONObject()
        object["id"] = .string(resource.id)
        object["type"] = .string(resource.type.rawValue)
        object["aliases"] = resource.aliases.isEmpty ? nil : .array(resource.aliases.map(JSONValue.string))
        object["bmc"] = resource.bmc.map { .string($0.address.description) }
        object["parent"] = resource.parent.map(JSONValue.string)
        object["feeds"] = resource.feeds.map { .array($0.map(JSONValue.string)) }
        object["floor"] = resource.floor.map { .string($0.description) }
        object["rest"] = resource.rest.map { .string($0.description) }
        object["shed_order"] = resource.shedOrder.map { .number(JSONNumber($0)) }
        object["node_manager"] = resource.usesNodeManager ? .bool(true) : nil
        object["protected"] = .bool(resource.isProtected)
        object["allow"] = .array(ShedAction.allCases.filter(resource.allowed.contains).map { .string($0.rawValue) })
        return .object(object)
    }

    /// A group of the inventory, with the resources that it comes to.
    public static func json(_ group: Group, in site: Site) -> JSONValue {
        [
            "id": .string(group.id), "type": "group", "members": .array(group.members.map(JSONValue.string)),
            "resources": .array(site.members(of: group).map { .string($0.id) }),
        ]
    }

    /// `main-a: group of rack-a07, rack-a08 and 17 more`
    public static func line(_ group: Group, in site: Site) -> String {
        let ids = site.members(of: group).map(\.id)
        let named = ids.prefix(ids.count > 5 ? 4 : 5).joined(separator: ", ")
        return "\(group.id): group of \(named)" + (ids.count > 5 ? " and \(ids.count - 4) more" : "")
    }

    /// `dgx-a07-01: node; BMC https://10.20.7.11; in rack-a07; on main-a; floor 3200 W; allows power_cap, …`
    public static func line(_ resource: Resource) -> String {
        var facts = [resource.type.rawValue]
        if let bmc = resource.bmc { facts.append("BMC \(bmc.address)") }
        if let parent = resource.parent { facts.append("in \(parent)") }
        if let feeds = resource.feeds { facts.append("on \(feeds.joined(separator: ", "))") }
        if let floor = resource.floor { facts.append("floor \(floor)") }
        if let rest = resource.rest { facts.append("rest \(rest)") }
        if let order = resource.shedOrder { facts.append("shed order \(order)") }
        if resource.usesNodeManager { facts.append("may have a Node Manager policy of ours") }
        let allowed = ShedAction.allCases.filter(resource.allowed.contains).map(\.rawValue)
        facts.append(
            resource.isProtected
                ? "protected: never touched"
                : "allows \(allowed.isEmpty ? "nothing" : allowed.joined(separator: ", "))")
        return "\(resource.id): \(facts.joined(separator: "; "))"
    }
}
