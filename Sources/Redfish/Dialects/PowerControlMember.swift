import StrictJSON

/// Members of a `PowerControl` array, each under a name by which it is found again wherever it stands: the MemberId
/// where no other has it, else the `@odata.id`, else the `Name`.
///
/// A member that has none of these is known by its index while it has no MemberId; and one that no name tells apart from
/// another is not known at all.
enum PowerControlMember {
    private static let namePrefix = "name:"

    static func id(_ control: JSONValue) -> String? { text(control["MemberId"]) ?? text(control["MemberID"]) }

    /// The name of the member at an index; nil where nothing tells it apart.
    static func name(at index: Int, in controls: [JSONValue]) -> String? {
        guard controls.indices.contains(index) else { return nil }
        let control = controls[index]
        func isAlone(_ key: (JSONValue) -> String?) -> Bool {
            let own = key(control)
            return own != nil && controls.count { key($0) == own } == 1
        }
        if isAlone(id) { return id(control) }
        // By a fragment that names its MemberId, a repeated one is no better known.
        if isAlone(canonicalURI), let uri = canonicalURI(control) { return uri }
        if isAlone({ text($0["Name"]) }), let name = text(control["Name"]) { return namePrefix + name }
        return id(control) == nil ? String(index) : nil
    }

    /// The index of the member of this name; nil where there is none now, or several.
    static func index(of name: String, in controls: [JSONValue]) -> Int? {
        func only(_ isIt: (JSONValue) -> Bool) -> Int? {
            let all = controls.indices.filter { isIt(controls[$0]) }
            return all.count == 1 ? all[0] : nil
        }
        if name.hasPrefix("/") { return only { canonicalURI($0) == Links.canonical(name) } }
        if name.hasPrefix(namePrefix) {
            let own = String(name.dropFirst(namePrefix.count))
            return only { text($0["Name"]) == own }
        }
        if controls.contains(where: { id($0) == name }) { return only { id($0) == name } }
        guard let index = Int(name), controls.indices.contains(index), id(controls[index]) == nil else { return nil }
        return index
    }

    /// The index that the fragment of a pinned URI names: by `@odata.id`, by MemberId, or as the JSON pointer that it is.
    static func index(ofFragment fragment: String, at uri: String, in controls: [JSONValue]) -> Int? {
        let pinned = Links.canonical("\(uri)#\(fragment)")
        let named = controls.indices.filter { index in
            Links.id(controls[index]).map { Links.canonical($0) == pinned } ?? false
        }
        if named.count == 1 { return named[0] }
        let last = Links.lastComponent(fragment)
        let byId = controls.indices.filter { id(controls[$0]) == last }
        if byId.count == 1 { return byId[0] }
        return byId.isEmpty ? Int(last).flatMap { controls.indices.contains($0) ? $0 : nil } : nil
    }

    private static func canonicalURI(_ control: JSONValue) -> String? { Links.id(control).map(Links.canonical) }

    private static func text(_ value: JSONValue?) -> String? {
        if let string = value?.string { return string.isEmpty ? nil : string }
        return value?.number?.text
    }
}
