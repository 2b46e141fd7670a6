public import PowerEvents
public import Site

/// The health of every BMC that the patrol comes to, and what of it is to be told.
public struct FleetHealth: Sendable {
    /// How often the patrol comes to each; nil where there is none.
    public let patrolEvery: Duration?
    private var health: [BMC.Address: BMCHealth] = [:]
    /// Those that do not count as enforceable.
    public private(set) var unreliable: Set<BMC.Address> = []
    /// As many as the inventory has.
    public private(set) var total = 0
    /// Changed since that was last told.
    private var untold: Set<BMC.Address> = []
    /// BMCs whose failing was told, and of what; their recovery is to be.
    private var told: [BMC.Address: BMCTrouble.Cause] = [:]
    private var pace: TellingPace

    /// BMCs in one trouble.
    public struct Group: Sendable, Hashable {
        public let trouble: BMCTrouble
        /// Sorted.
        public let bmcs: [BMC.Address]
        /// When the first of them began to fail.
        public let since: Timestamp
        /// How many of them answer again and are not relied on yet.
        public let recovering: Int
        /// How often they are looked at; nil for not.
        public let patrolEvery: Duration?

        /// What becomes of them next, and what an operator can do.
        public var next: String { trouble.next(patrolEvery: patrolEvery) }
    }

    public init(patrolEvery: Duration? = nil) {
        self.patrolEvery = patrolEvery
        pace = TellingPace(round: patrolEvery ?? .zero)
    }

    /// Takes over the BMCs of an inventory; what was learned of those that stay is kept.
    mutating func reload(_ bmcs: some Collection<BMC.Address>) {
        let present = Set(bmcs)
        total = present.count
        health = health.filter { present.contains($0.key) }
        unreliable.formIntersection(present)
        untold.formIntersection(present)
        told = told.filter { present.contains($0.key) }
        if untold.isEmpty { pace.drop() }
    }

    /// A look at a BMC, by the patrol or for a breach. - Parameter trouble: of the whole BMC
    mutating func look(at bmc: BMC.Address, _ trouble: BMCTrouble?, now: Timestamp) {
        var one = health[bmc] ?? BMCHealth()
        let hasChanged = one.look(trouble, round: patrolEvery ?? .zero, now: now)
        health[bmc] = one
        guard hasChanged else { return }
        if one.isReliable { unreliable.remove(bmc) } else { unreliable.insert(bmc) }
        let isNews =
            switch one.state {
            // One that comes and goes is no news each time, nor is one that was never told of.
            case .failing: told[bmc] != one.trouble?.cause
            case .healthy: told[bmc] != nil
            case .recovering, .unknown: false
            }
        if isNews {
            untold.insert(bmc)
            pace.add(now: now)
        } else if one.state != .recovering {
            untold.remove(bmc)
            if untold.isEmpty { pace.drop() }
        }
    }

    public subscript(bmc: BMC.Address) -> BMCHealth { health[bmc] ?? BMCHealth() }

    /// How many BMCs are in each state.
    public var counts: [BMCHealth.State: Int] {
        var counts: [BMCHealth.State: Int] = [:]
        for state in BMCHealth.State.allCases { counts[state] = 0 }
        for one in health.values { counts[one.state, default: 0] += 1 }
        counts[.unknown, default: 0] += max(0, total - health.count)
        return counts
    }

    /// Those that are not relied on, by trouble: the largest group first.
    public var groups: [Group] { groups(unreliable.sorted().compactMap { bmc in health[bmc].map { (bmc, $0) } }) }

    private func groups(_ bmcs: [(BMC.Address, BMCHealth)]) -> [Group] {
        // A reset and a refusal are one trouble to an operator: the words are those of most of them.
        let byCause = Dictionary(grouping: bmcs) { $0.1.trouble?.cause }
        return byCause.values.compactMap { members -> Group? in
            var counts: [BMCTrouble: Int] = [:]
            for trouble in members.compactMap(\.1.trouble) { counts[trouble, default: 0] += 1 }
            let most = counts.max { ($0.value, $1.key.message) < ($1.value, $0.key.message) }
            guard let trouble = most?.key, let since = members.compactMap(\.1.since).min() else { return nil }
            return Group(
                trouble: trouble, bmcs: members.map(\.0).sorted(), since: since,
                recovering: members.count { $0.1.state == .recovering }, patrolEvery: patrolEvery)
        }.sorted {
            ($1.bmcs.count, $0.trouble.cause.rawValue, $0.trouble.message)
                < ($0.bmcs.count, $1.trouble.cause.rawValue, $1.trouble.message)
        }
    }

    // MARK: Telling

    /// When ``tell(now:)`` has something to say; nil where nothing has changed.
    var nextDue: Timestamp? { pace.due }

    /// What changed since the last time, once it is time to say so.
    mutating func tell(now: Timestamp) -> News? {
        guard pace.take(now: now) else { return nil }
        let changed = untold.sorted().map { ($0, self[$0]) }
        untold = []
        let failing = changed.filter { !$0.1.isReliable }
        let healthy = changed.filter { $0.1.isReliable && told[$0.0] != nil }.map(\.0)
        for (bmc, one) in failing { told[bmc] = one.trouble?.cause }
        for bmc in healthy { told[bmc] = nil }
        return failing.isEmpty && healthy.isEmpty
            ? nil : News(failing: groups(failing), healthy: healthy, stillFailing: unreliable.count)
    }

    /// What has changed.
    public struct News: Sendable, Hashable {
        /// BMCs that began to fail, or fail of something else, by trouble.
        public let failing: [Group]
        /// BMCs that had failed and are relied on again.
        public let healthy: [BMC.Address]
        /// How many are not relied on now.
        public let stillFailing: Int
    }
}
