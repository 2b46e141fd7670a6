/// What the other shards of a site have.
public struct SuspensionsElsewhere: Sendable, Hashable {
    /// Their nodes.
    public var nodes: Int
    /// Those of them that are down through the shards' agents, are about to be, or are not back yet.
    public var down: Int

    public init(nodes: Int, down: Int) {
        self.nodes = nodes
        self.down = down
    }
}
