import StrictJSON

/// What one shard of a site says of its nodes: the value of its key below the site's `@suspended/`.
public struct ShardCount: Sendable, Hashable {
    /// More is believed of nobody.
    private static let mostNodes = 10_000_000

    public var shard: String
    /// All that it has.
    public var nodes: Int
    /// Those that are down through its agents, are about to be, or are not back yet. They may have left its inventory.
    public var down: Int

    public init(shard: String, nodes: Int, down: Int) {
        self.shard = shard
        self.nodes = nodes
        self.down = down
    }

    var bytes: [UInt8] {
        let json: JSONValue = ["nodes": .number(JSONNumber(nodes)), "down": .number(JSONNumber(down))]
        return json.bytes
    }

    /// - Returns: nil for what no agent wrote
    init?(_ bytes: [UInt8], of shard: String) {
        guard bytes.count <= 4096, let json = try? JSONValue(parsing: bytes),
            let nodes = json["nodes"]?.number?.int, (0...Self.mostNodes).contains(nodes),
            let down = json["down"]?.number?.int, (0...Self.mostNodes).contains(down)
        else { return nil }
        self.init(shard: shard, nodes: nodes, down: down)
    }
}
