/// What the shards of a site say of their nodes, as etcd had it at one moment.
public struct SiteCounts: Sendable, Hashable {
    /// nil where this shard has said nothing yet.
    public var own: ShardCount?
    /// The other shards', by their names. One that has no leader counts with what it last said.
    public var others: [ShardCount]

    public init(own: ShardCount? = nil, others: [ShardCount] = []) {
        self.own = own
        self.others = others
    }

    public var all: [ShardCount] { ((own.map { [$0] } ?? []) + others).sorted { $0.shard < $1.shard } }
    public var nodes: Int { all.reduce(0) { $0 + $1.nodes } }
    public var down: Int { all.reduce(0) { $0 + $1.down } }
}
