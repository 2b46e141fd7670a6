import Replication
import Shedding

/// What an agent hears of the other shards of its site, and has counted there.
struct ShardClaims: Sendable {
    /// What the others hold down, as last read, and what counts of this shard; nil where that is not known.
    let latest: @Sendable () -> (elsewhere: SuspensionsElsewhere?, counted: Int?)
    /// nil where the site could not be asked.
    let claim: @Sendable (SuspensionClaim) async -> SuspensionGrant?

    init(_ claims: SiteClaims) {
        latest = {
            let counts = claims.latest
            return (counts.map(SuspensionsElsewhere.init), counts?.own?.down)
        }
        claim = { claim in
            let counts = await claims.claim(nodes: claim.nodes) { claim.granted(beside: SuspensionsElsewhere($0)) }
            guard let counts, let own = counts.own else { return nil }
            return SuspensionGrant(granted: own.down, elsewhere: SuspensionsElsewhere(counts))
        }
    }
}

extension SuspensionsElsewhere {
    fileprivate init(_ counts: SiteCounts) {
        self.init(
            nodes: counts.others.reduce(0) { $0 + $1.nodes }, down: counts.others.reduce(0) { $0 + $1.down })
    }
}
