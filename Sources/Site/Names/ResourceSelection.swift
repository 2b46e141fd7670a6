/// Resources as people write them: by name, in ranges, by the rack, group, feed or BMC that they belong to.
///
/// Nothing named is nothing selected: whether that stands for everything is said by who asks, never here.
public struct ResourceSelection: Sendable, Hashable {
    /// Ids or aliases of resources, groups, feeds or addresses of BMCs, or ranges of them. A resource comes before a group
    /// of that name, and a group before a feed.
    public var names: [String]
    /// Names of feeds, or ranges of them.
    public var feeds: [String]
    /// Addresses of BMCs, with `https://` or without, or ranges of them.
    public var bmcs: [String]

    public init(names: [String] = [], feeds: [String] = [], bmcs: [String] = []) {
        self.names = names
        self.feeds = feeds
        self.bmcs = bmcs
    }

    public var isEmpty: Bool { names.isEmpty && feeds.isEmpty && bmcs.isEmpty }

    /// What a selection comes to at a site.
    public struct Resolved: Sendable {
        /// What was named, each once: of a group its members, of a feed or a BMC what is on it.
        public internal(set) var named: [Resource] = []
        /// That and everything in it, in the order of the inventory.
        public internal(set) var all: [Resource] = []
        /// The groups that were named.
        public internal(set) var groups: [Group] = []

        public var ids: Set<String> { Set(all.map(\.id)) }
    }

    /// - Throws: ``Unknown``, with every name that means nothing
    public func resolve(in site: Site) throws(Unknown) -> Resolved {
        let (resolved, unknown) = known(in: site)
        guard unknown.isEmpty else { throw unknown }
        return resolved
    }

    /// What the site has of it, and what it has not.
    public func known(in site: Site) -> (resolved: Resolved, unknown: Unknown) {
        var lookup = SelectionLookup(site)
        for name in Self.expand(names, &lookup.unknown) where !lookup.take(name: name) {
            lookup.unknown.names.append(name)
        }
        for feed in Self.expand(feeds, &lookup.unknown) where !lookup.take(feed: feed) {
            lookup.unknown.feeds.append(feed)
        }
        for bmc in Self.expand(bmcs, &lookup.unknown) where !lookup.take(bmc: bmc) { lookup.unknown.bmcs.append(bmc) }
        return (lookup.resolved, lookup.unknown)
    }

    /// - Throws: ``Unknown``, with the ranges that are none
    public static func expand(_ texts: [String]) throws(Unknown) -> [String] {
        var unknown = Unknown()
        let names = expand(texts, &unknown)
        guard unknown.isEmpty else { throw unknown }
        return names
    }

    private static func expand(_ texts: [String], _ unknown: inout Unknown) -> [String] {
        texts.flatMap { text in
            do { return try HostRange.expand(text) } catch {
                unknown.malformed.append("\"\(text)\": \(error)")
                return []
            }
        }
    }
}
