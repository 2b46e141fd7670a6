import StrictJSON

/// Which member of a `PowerControl` array limits a machine: by what it is related to and called, never by position.
struct PowerControlChoice: Sendable {
    /// nil where none is the machine's, or several could be.
    private(set) var index: Int?
    /// Why there is none, where there are limits.
    private(set) var objection: String?

    /// - Parameter isOne: whether a member has what is looked for
    init(
        members: [JSONValue], machine: ControlSearch.Machine, enclosure: ControlSearch.Found, isShared: Bool,
        where isOne: (JSONValue) -> Bool = { $0["PowerLimit"]?.object != nil }
    ) {
        let limited = members.indices.filter { isOne(members[$0]) }
        guard !limited.isEmpty else { return }
        func related(_ index: Int) -> [String] { Links.ids(members[index]["RelatedItem"]) }
        func isOfOthers(_ index: Int) -> Bool {
            related(index).contains { Links.contains(machine.others, $0) }
                || machine.others.contains { Self.isCalled(members[index], [Links.lastComponent($0)]) }
        }
        let own = limited.filter { !isOfOthers($0) }
        let mine = own.filter { related($0).contains { Links.contains(machine.targets, $0) } }
        let whole = mine.filter { !Self.isPart(members[$0]) }
        if let only = Self.only(mine) ?? Self.only(whole) {
            index = only
            return
        }
        let names = machine.system.map { [$0.id, Links.lastComponent($0.uri)] } ?? ["Chassis", enclosure.id]
        if let named = Self.only(own.filter { Self.isCalled(members[$0], names) }) {
            index = named
            return
        }
        guard !isShared else {
            objection = "limits \(enclosure.id), which holds other nodes too, and no member names this one"
            return
        }
        // What is related to something else alone is that thing's; where there is only one member, its links may be
        // stale, as long as they name no other system.
        let free = (whole.isEmpty ? own : whole).filter { index in
            let isRelated = related(index).contains { !Links.contains(machine.targets, $0) } && !mine.contains(index)
            return !Self.isPart(members[index]) && (!isRelated || members.count == 1)
        }
        index = Self.only(free) ?? Self.only(free.filter { Self.isTotal(members[$0]) })
        guard index == nil else { return }
        objection =
            free.isEmpty
            ? "has limits of parts only" : "has several limits; pin redfish.power_limit with its fragment"
    }

    private static func only(_ indices: [Int]) -> Int? { indices.count == 1 ? indices[0] : nil }

    private static func words(_ member: JSONValue) -> [String] {
        [PowerControlMember.id(member), member["Name"]?.string, member["PhysicalContext"]?.string].compactMap { $0 }
    }

    /// By a name, not by a number, which could be a position as well.
    private static func isCalled(_ member: JSONValue, _ names: [String]) -> Bool {
        let wanted = names.map(plain).filter { name in name.contains { $0.isLetter } }
        return words(member).contains { wanted.contains(plain($0)) }
    }

    private static func plain(_ name: String) -> String {
        String(name.lowercased().filter { $0.isLetter || $0.isNumber })
    }

    private static func isPart(_ member: JSONValue) -> Bool {
        let parts = [
            "cpu", "processor", "memory", "dimm", "gpu", "accelerator", "fan", "psu", "powersupply", "storage", "drive",
            "disk", "pcie", "networkingdevice",
        ]
        return words(member).contains { word in parts.contains { plain(word).contains($0) } }
    }

    private static func isTotal(_ member: JSONValue) -> Bool {
        words(member).contains { word in
            ["system", "server", "node", "chassis", "total", "input"].contains { plain(word).contains($0) }
        }
    }
}
