public import Journal
public import PowerEvents

/// One time of leading: from when a member was elected and had everything, to when it lost or gave up the lease.
public final class LeaderTerm: Sendable {
    public typealias Reply = @Sendable (ForwardedAnswer) async -> Void

    /// Commits through the log: what is not in etcd fails. Closed with the term.
    public let journal: JournalDatabase
    /// The right to write to machines.
    public let fence: WriteFence
    /// By this member's wall clock.
    public let since: Timestamp
    /// The member that led before, where it did not end its term and so may have writes in flight; nil after a planned
    /// hand-over, in a new log, and where it was this member itself.
    public let takesOverFrom: String?
    /// Whether the term before, whoever's it was, was ended by its owner, or there was none: nothing of it is in flight.
    public let followsAnEnd: Bool
    /// Time left to write, each time that the lease was renewed, the first time included; ends with the term.
    public let deadlines: AsyncStream<Duration>
    /// What standbys were asked; ends with the term. An answer that comes too late goes nowhere.
    public let calls: AsyncStream<(ForwardedCall, reply: Reply)>
    /// What the site counts over its shards.
    public let claims: SiteClaims
    let ending: Ending
    let appender: LogAppender?
    let tasks: [Task<Void, Never>]

    init(
        journal: JournalDatabase, fence: WriteFence, since: Timestamp, takesOverFrom: String?, followsAnEnd: Bool,
        deadlines: AsyncStream<Duration>, calls: AsyncStream<(ForwardedCall, reply: Reply)>, claims: SiteClaims,
        ending: Ending,
        appender: LogAppender? = nil, tasks: [Task<Void, Never>] = []
    ) {
        self.journal = journal
        self.fence = fence
        self.since = since
        self.takesOverFrom = takesOverFrom
        self.followsAnEnd = followsAnEnd
        self.deadlines = deadlines
        self.calls = calls
        self.claims = claims
        self.ending = ending
        self.appender = appender
        self.tasks = tasks
    }

    /// Returns when the term is over, or the calling task is cancelled (``TermEnd/ended``).
    public func over() async -> TermEnd { await ending.wait() }
}
