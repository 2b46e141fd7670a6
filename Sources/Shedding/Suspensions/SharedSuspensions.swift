import PowerEvents

/// How many nodes this agent may have down, where it is one of several shards that `max_suspended` counts over.
///
/// It has down no more than the site counts for it. The site is told of more before any is planned, and of fewer once it is
/// durable that they are: whatever dies in between, what counts is never less than what is.
struct SharedSuspensions: Sendable, Hashable {
    /// As the site counts it. 0 until it has said so; what is down from before stays down.
    var granted = 0
    /// As last read; nil where that is not known.
    var elsewhere: SuspensionsElsewhere?

    /// What a claim would come to now.
    func foreseen(_ policy: Policy, nodes: Int) -> Int {
        guard let elsewhere else { return granted }
        return SuspensionClaim(keep: granted, wanted: .max, nodes: nodes, share: policy.maxSuspended)
            .granted(beside: elsewhere)
    }

    /// Why a node stays up, of so many of this agent's.
    func refusal(of node: String, _ policy: Policy, nodes: Int) -> SkipReason {
        guard let elsewhere else { return .suspensionsUnknown(node) }
        let all = nodes + elsewhere.nodes
        if elsewhere.nodes == 0, elsewhere.down == 0 {
            // There is no other shard.
            return .maxSuspended(node, limit: policy.maxSuspended.of(all), nodes: all)
        }
        return .maxSuspended(node, limit: policy.maxSuspended.of(all), nodes: all, elsewhere: elsewhere.down)
    }
}
