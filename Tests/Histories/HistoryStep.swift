import PowerEvents
import Shedding

/// One thing that befalls the agent, its BMCs, its disk, its clocks or its broker.
enum HistoryStep: Sendable, Hashable {
    /// What becomes of a message between the power agent and the broker.
    struct Delivery: Sendable, Hashable {
        /// 0: it is lost.
        var copies = 1
        /// Milliseconds.
        var delay = 0
        /// By how many seconds the envelope's `time`, which nobody signs, is off.
        var skew = 0
        /// Whether each copy comes in an envelope of its own, as somebody makes who has recorded the payload.
        var isForged = false
    }

    /// What a BMC makes of requests.
    enum FaultKind: String, Sendable, Hashable, CaseIterable {
        case unreachable, busy, silentObeying, silentIgnoring, refusing, ignoring, lagging
        /// It does as asked, and says that it did not.
        case refusingObeying, busyObeying
        /// It accepts, does it three seconds later, and its task cannot be followed.
        case taskLost
        /// The login is refused.
        case unauthorized
        /// Somebody else writes between every look and every write.
        case racing
    }

    /// How a BMC spells its machine's identity.
    enum Spelling: String, Sendable, Hashable, CaseIterable { case plain, shouting, padded, absent, zeros }

    case alert(breach: Int, BreachAlert.Status, isCritical: Bool, [ShedHint], Delivery)
    /// Hints that matter among many of resources that nobody knows.
    case largeAlert(breach: Int, [ShedHint], unknown: Int)
    /// A source that has not opened the breach says that it is over.
    case foreignResolved(breach: Int)
    /// The other source opens so many breaches of its own.
    case flood(breaches: Int)
    /// Somebody else sets a limit.
    case foreignLimit(String, watts: Int?)
    /// Somebody else sets a limit again and again, every 40 s.
    case contention(String, watts: Int, times: Int)
    /// Somebody else switches a node.
    case foreignPower(String, isOn: Bool)
    /// The node's limits fall back to none.
    case reboot(String)
    /// A node's BMC misbehaves for so many seconds.
    case fault(node: String, FaultKind, seconds: Int)
    case spelling(node: String, Spelling)
    /// A firmware update: a limit has another URI and is spelled in another way.
    case move(String)
    /// Another machine is put behind the BMC's address.
    case exchange(node: String)
    /// The wall clock is set.
    case clockJump(seconds: Int)
    /// The clock that is never set leaps ahead, as that of a virtual machine which was suspended.
    case steadyJump(seconds: Int)
    /// The process dies at the n-th thing it does from now on, and is started again.
    case crash(after: Int, downSeconds: Int)
    case freeze
    /// A resource, rack or feed is frozen, for so many seconds or until it is thawed.
    case freezePart(String, seconds: Int?)
    case thaw
    case thawPart(String)
    /// Where it is not to wait, without the hold-down and the steps; then also of what lets go already.
    case operatorRelease(breach: Int, isHurried: Bool = false)
    /// The journal's disk refuses every write for so many seconds.
    case badDisk(seconds: Int)
    /// Each commit takes two seconds for so long.
    case slowDisk(seconds: Int)
    case brokerDown(seconds: Int)
    /// The inventory is read again, as a variant of ``HistorySite``.
    case reloadSite(HistorySite.Variant)
    /// The policy is read again, as a variant of ``History/policy(_:)``.
    case reloadPolicy(Int)
    case reloadMode(Mode)
    /// An operator rehearses: caps of a share of the maximum, held for so many seconds.
    case drill([String], percent: Int, seconds: Int)
    /// Somebody copies the journal.
    case backup
    /// A day later the agent is started with the copy.
    case restoreBackup
    /// What the disk says is durable is not, and so many steps later the power fails.
    case lyingDisk(after: Int, downSeconds: Int)
    /// What a tray draws beside its GPUs changes.
    case rest(node: String, watts: Int)
    /// What a machine or GPU would draw without a cap changes.
    case workload(String, watts: Int)
    /// What befalls agents that share the site.
    case standby(StandbyStep)
    /// Everything heals, time passes, and what should then be so is checked.
    case calm
}

extension HistoryStep {
    var text: String {
        switch self {
        case .alert(let breach, let status, let isCritical, let hints, let delivery):
            let fate =
                delivery.copies == 0
                ? " (lost)" : delivery == Delivery() ? "" : " (\(delivery.copies)x after \(delivery.delay) ms)"
            return
                "alert \(breach) \(status.rawValue)\(isCritical ? " critical" : "") [\(Self.text(hints))]\(fate)"
        case .largeAlert(let breach, let hints, let unknown):
            return "alert \(breach) critical [\(Self.text(hints)), \(unknown) unknown]"
        default: return "\(self)"
        }
    }

    private static func text(_ hints: [ShedHint]) -> String {
        hints.map { hint in
            "\(hint.action.rawValue) \(hint.resourceID)" + (hint.targetPower.map { " \($0.watts)" } ?? "")
                + " p\(hint.priority)"
        }.joined(separator: ", ")
    }

    /// As a test in ``KnownHistories`` has it.
    var source: String {
        switch self {
        case .alert(let breach, let status, let isCritical, let hints, let delivery):
            return ".alert(breach: \(breach), .\(status), isCritical: \(isCritical), \(Self.source(hints)), "
                + ".init(copies: \(delivery.copies), delay: \(delivery.delay), skew: \(delivery.skew), isForged: \(delivery.isForged)))"
        case .largeAlert(let breach, let hints, let unknown):
            return ".largeAlert(breach: \(breach), \(Self.source(hints)), unknown: \(unknown))"
        default:
            return "." + "\(self)".replacing("Histories.", with: "").replacing("Shedding.", with: "")
        }
    }

    private static func source(_ hints: [ShedHint]) -> String {
        let list = hints.map { hint in
            let watts = hint.targetPower.map { "\($0.watts.wholeWatts), " } ?? ""
            return "hint(\"\(hint.resourceID)\", .\(hint.action), \(watts)priority: \(hint.priority))"
        }
        return "[\(list.joined(separator: ", "))]"
    }
}
