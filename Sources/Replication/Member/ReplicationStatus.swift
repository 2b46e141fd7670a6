public import PowerEvents

/// How a member stands, for people and metrics.
public struct ReplicationStatus: Sendable, Hashable {
    public enum Role: String, Sendable, Hashable, CaseIterable {
        /// Applies what the leader appends.
        case follower
        /// Holds the lease, and the right to write.
        case leader
        /// Holds what may still be the lease, and has no right to write until etcd answers.
        case suspended
    }

    /// One of etcd's endpoints, as it last answered.
    public struct Endpoint: Sendable, Hashable {
        public var url: String
        public var isHealthy: Bool
        /// Why not; nil where it is, or was not asked yet.
        public var trouble: String?

        public init(url: String, isHealthy: Bool, trouble: String? = nil) {
            self.url = url
            self.isHealthy = isHealthy
            self.trouble = trouble
        }
    }

    public var role: Role
    /// The id of the member that leads; nil where none does, or etcd does not say.
    public var leader: String?
    /// By that member's clock.
    public var since: Timestamp?
    /// The number of the last entry that is in this member's journal.
    public var applied: Int64
    /// The number of the last entry that is known to be in the log.
    public var known: Int64
    /// How long ago this member was last seen to have everything; nil where it never had.
    public var lag: Duration?
    public var endpoints: [Endpoint]
    /// What keeps this member from following, leading or writing; nil where nothing does.
    public var trouble: String?

    /// What the shards of the site hold down, as last read; nil where that is not known.
    public var counts: SiteCounts?
    /// Why not; nil where it is, or was not read yet.
    public var countsTrouble: String?

    /// Entries that are still to be applied.
    public var behind: Int64 { max(0, known - applied) }

    public init(
        role: Role, leader: String? = nil, since: Timestamp? = nil, applied: Int64 = 0, known: Int64 = 0,
        lag: Duration? = nil, endpoints: [Endpoint] = [], trouble: String? = nil,
        counts: SiteCounts? = nil, countsTrouble: String? = nil
    ) {
        self.role = role
        self.leader = leader
        self.since = since
        self.applied = applied
        self.known = known
        self.lag = lag
        self.endpoints = endpoints
        self.trouble = trouble
        self.counts = counts
        self.countsTrouble = countsTrouble
    }
}
