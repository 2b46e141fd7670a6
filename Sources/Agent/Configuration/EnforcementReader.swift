import PowerEvents
import Settings
import Shedding
import Site

/// Reads the section `enforcement:`; what is absent keeps its default.
enum EnforcementReader {
    static let keys = [
        "max_age", "deadline", "report_after", "republish_every", "max_event_bytes", "straggler_grace", "pace",
        "hold_down", "step", "every", "on_drift", "watch_every", "reassert_limit", "max_hold", "max_suspended",
        "max_unreachable", "power_cap_default", "throttle", "suspend", "split", "settle_time",
        "meter_every", "max_rate", "answer_foreign",
    ]

    static let throttleKeys = ["power", "gpu_speed", "node_mode"]

    static func read(_ section: Setting?) -> Policy {
        var policy = Policy()
        guard let section else { return policy }
        let members = section.members(keys)
        func duration(_ key: String, _ path: WritableKeyPath<Policy, Duration>, from least: Duration = .zero) {
            if let value = members[key]?.duration(least ... .seconds(366 * 86_400)) { policy[keyPath: path] = value }
        }
        func share(_ key: String, _ path: WritableKeyPath<Policy, Share>) {
            if let value = members[key]?.share() { policy[keyPath: path] = value }
        }
        duration("max_age", \.maxAge, from: .seconds(1))
        duration("deadline", \.deadline, from: .seconds(1))
        duration("report_after", \.reportAfter, from: .milliseconds(100))
        duration("republish_every", \.republishEvery, from: .seconds(1))
        duration("straggler_grace", \.stragglerGrace)
        duration("hold_down", \.holdDown)
        duration("every", \.every)
        duration("watch_every", \.watchEvery, from: .seconds(1))
        duration("max_hold", \.maxHold, from: .seconds(60))
        duration("settle_time", \.settleTime)
        duration("meter_every", \.meterEvery, from: .seconds(1))
        share("step", \.step)
        share("max_suspended", \.maxSuspended)
        share("max_unreachable", \.maxUnreachable)
        share("power_cap_default", \.powerCapDefault)
        if policy.step == .percent(0) { members["step"]?.note("should be more than 0%") }
        if policy.powerCapDefault == .percent(0) { members["power_cap_default"]?.note("should be more than 0%") }
        if let bytes = members["max_event_bytes"]?.byteCount() {
            if bytes < 4096 { members["max_event_bytes"]?.note("should be at least 4KiB") }
            policy.maxEventBytes = bytes
        }
        if let pace = members["pace"]?.choice(Policy.Pace.self) { policy.pace = pace }
        if let drift = members["on_drift"]?.choice(Policy.Drift.self) { policy.onDrift = drift }
        if let limit = members["reassert_limit"]?.int(0...1000) { policy.reassertLimit = limit }
        if let split = members["split"]?.choice(BudgetSplit.self) { policy.split = split }
        policy.maxRate = members["max_rate"]?.powerRate(or: "none")
        if let answers = members["answer_foreign"]?.bool() { policy.answersForeign = answers }
        readThrottle(members["throttle"], into: &policy)
        if let list = members["suspend"] {
            let ways: [ResetType] = [.suspend, .pause, .gracefulShutdown, .forceOff]
            policy.suspend = list.elements().compactMap { element in
                guard let type = element.string().map({ ResetType(rawValue: $0) }), ways.contains(type) else {
                    return element.fail("should be one of \(ways.map(\.rawValue).joined(separator: ", "))")
                }
                return type
            }
        }
        warnOfWhatCannotMatter(members, policy)
        return policy
    }

    /// Warns of keys that others leave without a meaning.
    private static func warnOfWhatCannotMatter(_ members: Members, _ policy: Policy) {
        if policy.pace == .eager {
            members["straggler_grace"]?.warn("can never matter: with pace: eager no priority waits for another")
        }
        if policy.step == .percent(100), policy.maxRate == nil {
            members["every"]?.warn("can never matter: a step of 100% lets go of everything at once")
        }
        if policy.reportAfter >= policy.deadline {
            members["report_after"]?.warn("can never matter: at the deadline everything has settled and is reported")
        }
        if policy.maxSuspended == .percent(0) {
            members["suspend"]?.warn("can never matter: max_suspended of 0% lets no node be suspended")
        }
    }

    /// Warns where the inventory's `shed_order` and the split leave each other without a meaning.
    static func warn(_ section: Setting, policy: Policy, site: Site) {
        let ordered = site.order.filter { site.resources[$0]?.shedOrder != nil }
        switch (policy.split, ordered.first) {
        case (.proportional, let first?):
            let more = ordered.count > 1 ? " and \(ordered.count - 1) more" : ""
            section.warn("the shed_order of \(first)\(more) can never matter: it needs split: ordered")
        case (.ordered, nil) where !site.resources.isEmpty:
            section.warn("split: ordered can never matter: no resource has a shed_order")
        default: break
        }
    }

    private static func readThrottle(_ section: Setting?, into policy: inout Policy) {
        guard let members = section?.members(throttleKeys) else { return }
        func share(_ key: String) -> Share? {
            guard let setting = members[key], let share = setting.share() else { return nil }
            if share == .percent(0) { setting.note("should be more than 0%") }
            return share
        }
        if let share = share("power") { policy.throttlePower = share }
        policy.throttleGPUSpeed = share("gpu_speed")
        policy.throttleNodeMode = members["node_mode"]?.string()
    }
}
