public import PowerEvents

/// How many nodes of this agent the site is to count as down, where `max_suspended` counts over several shards.
public struct SuspensionClaim: Sendable, Hashable {
    /// So many are down, or may be by what is durable: they count, whatever the bound is.
    public var keep: Int
    /// So many are to be, as far as the bound allows. Never fewer than ``keep``.
    public var wanted: Int
    /// All nodes of this agent.
    public var nodes: Int
    /// The policy's, of the nodes of the whole site.
    public var share: Share

    public init(keep: Int, wanted: Int, nodes: Int, share: Share) {
        self.keep = keep
        self.wanted = wanted
        self.nodes = nodes
        self.share = share
    }

    /// What there is to count, of this agent.
    public func granted(beside elsewhere: SuspensionsElsewhere) -> Int {
        max(keep, min(wanted, share.of(nodes + elsewhere.nodes) - elsewhere.down))
    }
}

/// What came of a ``SuspensionClaim``.
public struct SuspensionGrant: Sendable, Hashable {
    /// How many nodes of this agent count as down: so many may be.
    public var granted: Int
    /// By what was granted.
    public var elsewhere: SuspensionsElsewhere

    public init(granted: Int, elsewhere: SuspensionsElsewhere) {
        self.granted = granted
        self.elsewhere = elsewhere
    }
}
