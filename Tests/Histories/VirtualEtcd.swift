import PowerEvents
import Shedding

/// The store that several agents share, in virtual time: who leads by which lease, and the log that all of them apply.
///
/// It is one value that a majority has agreed on; how they do that is etcd's affair. What it can do to agents is here: it
/// takes time, loses its leader or its majority, and answers get lost although what was asked was done.
struct VirtualEtcd {
    /// What the agents' journals are made of.
    enum Item: Sendable {
        case received(ReceivedAlert, at: Timestamp)
        case records(Records, Command?, at: Timestamp)
        case published(Set<UInt64>, at: Timestamp)
    }

    struct Entry: Sendable {
        /// Of its writer: who asks again for what was done already is told so.
        let nonce: Int
        let term: Int
        let items: [Item]
        /// Whether it ends a term in order, with nothing of it on its way.
        var isEnd = false
    }

    struct Leader: Sendable, Hashable {
        let member: Int
        /// The leader key's create revision.
        let term: Int
        /// Of the lease.
        var expires: Timestamp
    }

    enum Append { case done, fenced }
    enum Claim { case counted(SuspensionGrant), fenced }

    private(set) var log: [Entry] = []
    /// What the shards count; nil where the agents' is the only one.
    var shards: VirtualShards?
    private(set) var leader: Leader?
    private var lastTerm = 0
    /// While it has no leader or no majority nothing is done and no lease runs out.
    private(set) var awayUntil: Timestamp?

    /// Whether it does anything now. Whoever leads it next gives each lease its whole time once more.
    mutating func isThere(_ now: Timestamp) -> Bool {
        if let until = awayUntil {
            guard now >= until else { return false }
            awayUntil = nil
            if let leader, leader.expires > leftAt { self.leader?.expires = max(leader.expires, until + Standby.ttl) }
        }
        if let leader, leader.expires <= now { self.leader = nil }
        return true
    }

    private var leftAt = Timestamp(milliseconds: 0)

    mutating func leave(until time: Timestamp, now: Timestamp) {
        _ = isThere(now)
        if awayUntil == nil { leftAt = now }
        awayUntil = max(awayUntil ?? time, time)
    }

    mutating func comeBack(_ now: Timestamp) {
        if awayUntil != nil { awayUntil = now }
        _ = isThere(now)
    }

    /// Who may write by its record, without anything being done.
    func holder(_ now: Timestamp) -> Int? {
        guard let leader else { return nil }
        return awayUntil != nil || leader.expires > now ? leader.term : nil
    }

    // MARK: Requests

    /// - Returns: the term; nil where somebody leads
    mutating func campaign(_ member: Int, _ now: Timestamp) -> Int? {
        guard leader == nil else { return nil }
        lastTerm += 1
        leader = Leader(member: member, term: lastTerm, expires: now + Standby.ttl)
        return lastTerm
    }

    /// - Returns: whether the lease lives
    mutating func keepAlive(_ term: Int, _ now: Timestamp) -> Bool {
        guard leader?.term == term else { return false }
        leader?.expires = now + Standby.ttl
        return true
    }

    mutating func append(_ entry: Entry) -> Append {
        if log.contains(where: { $0.nonce == entry.nonce }) { return .done }
        guard leader?.term == entry.term else { return .fenced }
        log.append(entry)
        return .done
    }

    mutating func claim(_ claim: SuspensionClaim, _ term: Int) -> Claim {
        guard leader?.term == term, let grant = shards?.count(claim) else { return .fenced }
        return .counted(grant)
    }

    mutating func revoke(_ term: Int) { if leader?.term == term { leader = nil } }
}

/// The times of the election.
enum Standby {
    static let ttl = Duration.seconds(3)
    /// So much before its lease's end an agent stops writing.
    static let margin = Duration.milliseconds(600)
    static let keepAliveEvery = Duration.milliseconds(750)
    static let pollEvery = Duration.milliseconds(300)
    static let requestTimeout = Duration.milliseconds(900)
    /// The longest that a BMC takes to obey.
    static let longestObedience = Duration.seconds(26)
    /// The longest that one takes for a request, and for whatever it switches a machine's power by.
    static let longestRequest = Duration.seconds(9)
    /// As the agents are told it: a task takes three seconds more.
    static let bounds = FormerBounds(
        request: longestRequest + .seconds(1), write: longestObedience + .seconds(4))
    /// An alert that another agent has taken in by then is not kept any longer.
    static let keepAlertsFor = Duration.seconds(60)
    /// How far the agents' clocks are apart at most.
    static let clockSkew = Duration.milliseconds(200)
}
