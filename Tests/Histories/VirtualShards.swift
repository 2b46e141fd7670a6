import PowerEvents
import Shedding

/// What the shards of a site count as down: the one whose agents these are, and another one, of which there is only that.
struct VirtualShards {
    /// By which the other shard decides.
    private let share: Share
    private var random: SplitMix
    private(set) var elsewhere: SuspensionsElsewhere
    /// Of the agents' shard, as it last said.
    private(set) var counted = 0
    private var nodes = 0

    init(share: Share, seed: UInt64) {
        self.share = share
        random = SplitMix(seed: seed)
        elsewhere = SuspensionsElsewhere(nodes: random.pick([1, 4, 10, 30]), down: 0)
        if random.chance(70) { jump() }
    }

    /// How many may be down at once by the other shard's rules.
    private var limit: Int { share.of(nodes + elsewhere.nodes) }

    mutating func count(_ claim: SuspensionClaim) -> SuspensionGrant {
        counted = claim.granted(beside: elsewhere)
        nodes = claim.nodes
        return SuspensionGrant(granted: counted, elsewhere: elsewhere)
    }

    /// The other shard suspends or lets go of some of its own.
    mutating func jump() {
        let room = limit - counted - elsewhere.down
        if room > 0, random.chance(60) {
            elsewhere.down += min(elsewhere.nodes - elsewhere.down, Int.random(in: 1...room, using: &random))
        } else if elsewhere.down > 0 {
            elsewhere.down -= Int.random(in: 1...elsewhere.down, using: &random)
        }
    }

    /// Until its next jump.
    mutating func pause() -> Duration { .milliseconds(Int.random(in: 5...6000, using: &random)) }
}
