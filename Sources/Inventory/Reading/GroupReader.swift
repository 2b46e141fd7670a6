import Settings
import Site

/// Reads `groups:` of inventory files. What a group names may stand in another file, so it is looked up at the end.
struct GroupReader {
    private struct Entry {
        let id: String
        let setting: Setting
        /// The names that each element of `members` makes.
        var members: [(setting: Setting, names: [String])]
        /// By their ids and without repetitions, where they are known.
        var ids: [String] = []
    }

    private var entries: [Entry] = []

    /// - Parameter expand: the names that a text means, its mistakes noted
    mutating func read(_ entry: Setting, expand: (Setting) -> [String]?) {
        let members = entry.members(InventoryKeys.group)
        guard let setting = members.required("id", of: entry), let ids = expand(setting) else { return }
        guard ids.count == 1, let id = ids.first else {
            return setting.note("makes \(ids.count) names; a group has one")
        }
        guard let list = members.required("members", of: entry) else { return }
        let elements = list.elements()
        if list.isList, elements.isEmpty { list.note("should name at least one resource or group") }
        entries.append(
            Entry(
                id: id, setting: setting,
                members: elements.compactMap { element in expand(element).map { (element, $0) } }))
    }

    /// - Parameters:
    ///   - site: the resources of all files
    ///   - places: where each of their names was defined
    /// - Returns: the groups that can be used, in the order of the files; every mistake is noted
    mutating func resolve(among site: Site, places: [String: Setting]) -> [Group] {
        var byID: [String: Int] = [:]
        for (index, entry) in entries.enumerated() {
            if let first = places[entry.id] ?? byID[entry.id].map({ entries[$0].setting }) {
                entry.setting.note("the name \"\(entry.id)\" is taken already, at \(first.file):\(first.line ?? 0)")
            } else {
                byID[entry.id] = index
            }
        }
        for index in entries.indices { entries[index].ids = ids(of: entries[index], site, byID) }
        noteCircles(byID)
        return entries.map { Group(id: $0.id, members: $0.ids) }
    }

    /// Members by id: what an alias named is its resource.
    private func ids(of entry: Entry, _ site: Site, _ groups: [String: Int]) -> [String] {
        var ids: [String] = []
        var seen: Set<String> = []
        for (setting, names) in entry.members {
            var unknown: [String] = []
            for name in names {
                guard let id = site.resource(named: name)?.id ?? (groups[name] != nil ? name : nil) else {
                    unknown.append(name)
                    continue
                }
                if seen.insert(id).inserted {
                    ids.append(id)
                } else {
                    setting.warn("\"\(id)\" is in the group already")
                }
            }
            if let first = unknown.first {
                let more = unknown.count > 1 ? ", nor \(unknown.count - 1) more of this range" : ""
                setting.note("there is no resource or group \"\(first)\" in the inventory\(more)")
            }
        }
        return ids
    }

    /// Notes each circle once, at the group of it that stands first. Not recursive: groups may be nested as deep as a file
    /// is long.
    private func noteCircles(_ groups: [String: Int]) {
        var isDone = Array(repeating: false, count: entries.count)
        for start in entries.indices where !isDone[start] {
            var path: [(entry: Int, next: Int)] = [(start, 0)]
            var depths = [start: 0]
            while let (entry, next) = path.last {
                guard next < entries[entry].ids.count else {
                    isDone[entry] = true
                    depths[entry] = nil
                    path.removeLast()
                    continue
                }
                path[path.count - 1].next += 1
                guard let inner = groups[entries[entry].ids[next]] else { continue }
                if let depth = depths[inner] {
                    let circle = path[depth...].map(\.entry)
                    let first = circle.min() ?? inner
                    let turned = circle.drop { $0 != first } + circle.prefix { $0 != first } + [first]
                    let names =
                        turned.count > 12
                        ? turned.prefix(6).map(name) + ["…"] + turned.suffix(5).map(name) : turned.map(name)
                    entries[first].setting.note("the groups contain each other: \(names.joined(separator: " > "))")
                } else if !isDone[inner] {
                    depths[inner] = path.count
                    path.append((inner, 0))
                }
            }
        }
    }

    private func name(_ entry: Int) -> String { entries[entry].id }
}

extension GroupReader {
    /// Warns of groups, and of members, that can never matter.
    func warn(_ site: Site) {
        guard !entries.isEmpty else { return }
        let feeds = Set(site.resources.values.flatMap { $0.feeds ?? [] })
        for entry in entries {
            // What is in inner groups, those are warned of.
            let members = entry.ids.compactMap { site.resources[$0] }
            if !members.isEmpty, members.count == entry.ids.count, members.allSatisfy(\.isProtected) {
                entry.setting.warn("can never matter: all of its members are protected")
            }
            let inner = Set(members.map(\.id))
            for (setting, names) in entry.members {
                for name in names {
                    guard let resource = site.resource(named: name),
                        let outer = site.enclosing(resource).first(where: { inner.contains($0.id) })
                    else { continue }
                    setting.warn("\(resource.id) lies in \(outer.id), which is in the group already")
                    break
                }
            }
            guard feeds.contains(entry.id) else { continue }
            let astray = members.filter { $0.feeds.map { !$0.contains(entry.id) } ?? false }
            if let first = astray.first {
                let more = astray.count > 1 ? " and \(astray.count - 1) more" : ""
                entry.setting.warn(
                    "has a feed's name, and \(first.id)\(more) of its members are fed by others: an alert of "
                        + "\(entry.id) does not touch them")
            }
        }
    }
}
