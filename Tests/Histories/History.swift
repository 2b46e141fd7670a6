import PowerEvents
import Shedding

/// What happened, in order: made from a seed, or written down because it once showed a bug.
struct History: Sendable, Hashable {
    struct Moment: Sendable, Hashable {
        /// Milliseconds after the one before.
        var after: Int
        var step: HistoryStep
    }

    /// Of the latencies, the BMCs' ways and the rules.
    var seed: UInt64
    var moments: [Moment]
    /// Whether there are nodes without a limit of their own, and groups: what is met by budgets.
    var hasTrays = false
    /// How many agents share the site; 0: one agent, and nobody to share it with.
    var members = 0
    /// Whether the agents' is one of two shards of the site.
    var hasShards = false

    static let owner = "//grid/v1/poweragent/a"
    static let stranger = "//grid/v1/poweragent/b"
    /// Breaches from here on are the stranger's.
    static let firstFlood = 100
    static let holdDown = Duration.seconds(5)
    static let every = Duration.seconds(2)
    static let deadline = Duration.seconds(30)
    static let maxOpenBreaches = 6

    /// The rules that the agent starts with.
    var policy: Policy { policy(0) }

    /// The rules after a reload: what cannot change what was asked changes.
    func policy(_ variant: Int) -> Policy {
        var random = SplitMix(seed: seed ^ 0xA5A5)
        var policy = Policy()
        policy.deadline = Self.deadline
        policy.holdDown = Self.holdDown
        policy.every = Self.every
        policy.maxOpenBreaches = Self.maxOpenBreaches
        policy.step = .percent(random.pick([20, 50, 100]))
        policy.pace = random.pick([.auto, .ordered, .eager])
        policy.onDrift = random.chance(20) ? .restore : .keep
        policy.maxSuspended = .percent(random.pick([10, 30, 50]))
        policy.maxUnreachable = .percent(random.pick([50, 100]))
        policy.split = random.pick([.proportional, .proportional, .ordered])
        switch variant {
        case 1:
            policy.split = policy.split == .ordered ? .proportional : .ordered
            policy.step = .percent(20)
            policy.pace = .ordered
            policy.maxSuspended = .percent(10)
        case 2:
            policy.holdDown = Self.holdDown * 2
            policy.pace = .eager
            policy.powerCapDefault = .percent(50)
            policy.throttlePower = .percent(50)
        case 3: changeTheRest(of: &policy)
        case 4:
            policy.deadline = random.pick([Self.deadline * 0.7, Self.deadline * 1.5])
            policy.maxHold = .seconds(random.pick([600, 7200]))
            policy.maxOpenBreaches = random.pick([1, 3, 12])
            policy.maxHints = random.pick([3, 290])
        default: break
        }
        return policy
    }

    /// What has no part in what is asked, and changes how it comes about.
    private func changeTheRest(of policy: inout Policy) {
        var random = SplitMix(seed: seed ^ 0x3C3C)
        policy.onDrift = policy.onDrift == .keep ? .restore : .keep
        policy.every = Self.every * random.pick([1, 2, 3])
        policy.reportAfter = .seconds(random.pick([2, 10, 20]))
        policy.republishEvery = .seconds(random.pick([30, 100]))
        policy.stragglerGrace = .seconds(random.pick([1, 2, 6]))
        policy.watchEvery = .seconds(random.pick([15, 30, 45]))
        policy.retries = random.pick([1, 3, 5])
        policy.reassertLimit = random.pick([2, 5, 8])
        policy.settleTime = .seconds(random.pick([5, 10, 20]))
        policy.meterEvery = .seconds(random.pick([5, 10, 15]))
        policy.maxUnreachable = .percent(random.pick([10, 50, 100]))
        policy.maxRate = random.chance(50) ? PowerRate(wattsPerSecond: Watts(100)) : nil
        policy.suspend = random.pick([policy.suspend, [.gracefulShutdown, .pause, .suspend], [.pause, .suspend]])
    }

    /// How many of the six BMCs are worked on at once, over how many connections, and whether the patrol goes round.
    var bounds: Bounds {
        var random = SplitMix(seed: seed ^ 0x5A5A)
        return Bounds(
            slots: random.pick([1, 2, 512]), visits: 4, slotsPerBMC: random.chance(15) ? 2 : 1,
            patrolEvery: random.chance(15) ? .seconds(60) : nil)
    }

    /// Whether everything has its place in the order in which budgets cut, at each level of it.
    var isInOrder: Bool { hasTrays && SplitMix(seed: seed ^ 0xC3C3).isOdd }

    /// Whether a real SQLite journal keeps up beside the disk in memory, and is compared with it.
    var isKeptInSQLite: Bool { seed % 32 == 1 }

    /// The feed of a breach: every second one is on the other feed.
    static func feed(of breach: Int) -> String { breach % 2 == 0 ? "main-b" : "main-a" }

    static func source(of breach: Int) -> String { breach >= firstFlood ? stranger : owner }

    static func id(_ breach: Int) -> UUIDText {
        UUIDText(randomBytes: [UInt8](repeating: UInt8(truncatingIfNeeded: breach), count: 16))
    }

    /// As a table: one line a moment.
    var table: String {
        var time = 0
        let agents = (members > 0 ? ", \(members) agents" : "") + (hasShards ? ", a shard" : "")
        return "seed \(seed)\(hasTrays ? " with trays" : "")\(agents)\n"
            + moments.map { moment in
                time += moment.after
                let stamp = String(repeating: " ", count: max(0, 9 - "\(time)".count)) + "\(time) ms"
                return "\(stamp)  \(moment.step.text)"
            }.joined(separator: "\n")
    }

    /// As a test in ``KnownHistories`` has it.
    var source: String {
        let steps = moments.map { "            (\($0.after), \($0.step.source))," }.joined(separator: "\n")
        return """
                @Test func aNameForIt() {
                    expectWell(
                        seeds: \(seed)...\(seed),\(hasTrays ? " trays: true," : "")\(members > 0 ? " members: \(members)," : "")\(hasShards ? " shards: true," : "")
                        [
            \(steps)
                        ])
                }
            """
    }
}
