/// One thing that befalls agents that share a site, or the store that they share.
enum StandbyStep: Sendable, Hashable {
    enum Who: Sendable, Hashable {
        /// Whoever leads then.
        case leader
        case member(Int)
    }

    /// The process is killed, and started again after so many seconds.
    case kill(Who, downSeconds: Int)
    /// The process is stopped, and goes on after so many seconds as if nothing had been.
    case pause(Who, seconds: Int)
    /// The leader's process is stopped before the n-th thing it does from now on.
    case pauseLeader(after: Int, seconds: Int)
    /// Nothing gets from an agent to the store or back.
    case cutFromStore(Who, seconds: Int)
    /// Answers of the store get lost, and what was asked is done.
    case loseAnswers(Who, seconds: Int)
    /// An agent reaches no BMC.
    case cutFromBMCs(Who, seconds: Int)
    /// The store has no leader, or no majority.
    case storeAway(seconds: Int)
    /// The store takes its time.
    case slowStore(seconds: Int)
    /// A planned hand-over.
    case yield
    /// A BMC takes up to ``Standby/longestObedience`` to do what it is asked.
    case slowBMC(node: String, seconds: Int)
}
