import PowerEvents
import Shedding

/// One thing that befalls the agent or its machines.
enum HistoryStep: Sendable, Hashable {
    /// What becomes of a message between the power agent and the broker.
    struct Delivery: Sendable, Hashable {
        /// 0: it is lost.
        var copies = 1
        var delay = 0
    }

    enum FaultKind: String, Sendable, Hashable, CaseIterable {
        case unreachable, busy, silentObeying, silentIgnoring, refusing, ignoring, lagging
    }

    case alert(breach: Int, BreachAlert.Status, isCritical: Bool, [ShedHint], Delivery)
    /// Somebody else sets a limit.
    case foreignLimit(String, watts: Int?)
    /// Somebody else switches a node.
    case foreignPower(String, isOn: Bool)
    /// The node's limits fall back to none.
    case reboot(String)
    /// A node's BMC misbehaves for so many seconds.
    case fault(node: String, FaultKind, seconds: Int)
    /// The wall clock is set.
    case clockJump(seconds: Int)
    /// The process dies at the n-th thing it does from now on, and is started again.
    case crash(after: Int, downSeconds: Int)
    case freeze
    case thaw
    case operatorRelease(breach: Int)
    /// The journal's disk refuses every write for so many seconds.
    case badDisk(seconds: Int)
    case brokerDown(seconds: Int)
    /// Everything heals, time passes, and what should then be so is checked.
    case calm
}

/// What happened, in order: made from a seed, or written down because it once showed a bug.
struct History: Sendable, Hashable {
    struct Moment: Sendable, Hashable {
        /// Milliseconds after the one before.
        var after: Int
        var step: HistoryStep
    }

    /// Of the latencies and of the rules.
    var seed: UInt64
    var moments: [Moment]

    var policy: Policy {
        var random = SplitMix(seed: seed ^ 0xA5A5)
        var policy = Policy()
        policy.deadline = .seconds(30)
        policy.holdDown = .seconds(5)
        policy.every = .seconds(2)
        policy.step = .percent(random.pick([20, 50, 100]))
        policy.pace = random.pick([.auto, .ordered, .eager])
        policy.onDrift = random.chance(20) ? .restore : .keep
        policy.maxSuspended = .percent(random.pick([10, 30, 50]))
        policy.maxUnreachable = .percent(random.pick([50, 100]))
        return policy
    }

    /// How many of the six BMCs are worked on at once.
    var slots: Int {
        var random = SplitMix(seed: seed ^ 0x5A5A)
        return random.pick([1, 2, 512])
    }

    /// The feed of a breach: every second one is on the other feed.
    static func feed(of breach: Int) -> String { breach % 2 == 0 ? "main-b" : "main-a" }

    static func id(_ breach: Int) -> UUIDText {
        UUIDText(randomBytes: [UInt8](repeating: UInt8(truncatingIfNeeded: breach), count: 16))
    }

    /// As a table: one line a moment.
    var table: String {
        var time = 0
        return "seed \(seed)\n"
            + moments.map { moment in
                time += moment.after
                let stamp = String(repeating: " ", count: max(0, 9 - "\(time)".count)) + "\(time) ms"
                return "\(stamp)  \(moment.step.text)"
            }.joined(separator: "\n")
    }
}

extension HistoryStep {
    var text: String {
        switch self {
        case .alert(let breach, let status, let isCritical, let hints, let delivery):
            let what = hints.map { hint in
                "\(hint.action.rawValue) \(hint.resourceID)"
                    + (hint.targetPower.map { " \($0.watts)" } ?? "") + " p\(hint.priority)"
            }.joined(separator: ", ")
            let fate =
                delivery.copies == 0
                ? " (lost)" : delivery == Delivery() ? "" : " (\(delivery.copies)x after \(delivery.delay) ms)"
            return "alert \(breach) \(status.rawValue)\(isCritical ? " critical" : "") [\(what)]\(fate)"
        default: return "\(self)"
        }
    }
}
