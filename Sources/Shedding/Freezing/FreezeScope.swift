public import Site

/// A part of the site as an operator named it, and what it came to at that time.
public struct FreezeScope: Sendable, Hashable, CustomStringConvertible {
    public var selection: ResourceSelection
    /// The resources that it came to, folded into ranges. What has left the inventory since, or the rack, is still meant.
    public var resources: [String]

    public init(_ selection: ResourceSelection, resources: [String]) {
        self.selection = selection
        self.resources = resources
    }

    /// As it was named: `rack-a07, feed main-a, BMC https://10.20.7.11`.
    public var description: String {
        let names = (try? ResourceSelection.expand(selection.names)) ?? selection.names
        return (HostRange.fold(names) + selection.feeds.map { "feed \($0)" } + selection.bmcs.map { "BMC \($0)" })
            .joined(separator: ", ")
    }
}

/// What a scope comes to at a site.
struct FreezeCoverage: Sendable {
    private let resources: Set<String>
    private let bmcs: Set<BMC.Address>

    init(_ scope: FreezeScope, at site: Site) {
        let (resolved, unknown) = scope.selection.known(in: site)
        let then = scope.resources.flatMap { (try? HostRange.expand($0)) ?? [$0] }
        resources = resolved.ids.union(then).union(unknown.names)
        let addresses = (try? ResourceSelection.expand(scope.selection.bmcs)) ?? scope.selection.bmcs
        bmcs = Set(addresses.compactMap { BMC.Address($0) ?? BMC.Address("https://\($0)") })
    }

    func contains(_ resource: String, at bmc: BMC.Address?) -> Bool {
        resources.contains(resource) || bmc.map(bmcs.contains) ?? false
    }
}
