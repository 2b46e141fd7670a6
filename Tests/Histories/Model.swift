import PowerEvents
import Shedding
import Site

/// What everybody may expect of the agent, said as simply as possible: which hints stand, and what each of them
/// allows a machine to draw.
struct Model {
    struct Breach {
        var isOpen = true
        var alerts: [BreachAlert] = []
        var acceptedAt: Timestamp
        /// One hint at least concerned a control.
        var hasBearing = false
    }

    let policy: Policy
    private(set) var breaches: [UUIDText: Breach] = [:]
    private var ended: Set<UUIDText> = []
    var refusals: [(UUIDText, RefusalReason)] = []

    init(policy: Policy) { self.policy = policy }

    mutating func accepted(_ alert: BreachAlert, at now: Timestamp) {
        breaches[alert.breachID, default: Breach(acceptedAt: now)].acceptedAt = now
        if alert.status != .resolved { breaches[alert.breachID]?.alerts.append(alert) }
        if alert.status == .resolved || ended.contains(alert.breachID) { breaches[alert.breachID]?.isOpen = false }
    }

    mutating func refused(_ alert: BreachAlert, _ objection: RefusalReason) {
        refusals.append((alert.breachID, objection))
    }

    /// An operator ended a breach; an acceptance of it may not be durable yet.
    mutating func released(_ breach: UUIDText) {
        ended.insert(breach)
        breaches[breach]?.isOpen = false
    }

    /// The hints of a breach that count: of repetitions in one alert only the first.
    func hints(of breach: UUIDText) -> [(hint: ShedHint, feed: String)] {
        (breaches[breach]?.alerts ?? []).flatMap { alert -> [(ShedHint, String)] in
            var seen: Set<[String]> = []
            return alert.shedHints.filter {
                seen.insert([$0.resourceID, $0.resourceType.rawValue, $0.action.rawValue]).inserted
            }.map { ($0, alert.feedTag) }
        }
    }

    /// The nodes and GPUs that a hint is about and may touch.
    func targets(of hint: ShedHint, feed: String) -> [Resource] {
        guard let resource = HistorySite.site.resources[hint.resourceID], resource.type == hint.resourceType else {
            return []
        }
        let all = resource.type == .chassis ? HistorySite.site.children(of: resource.id) : [resource]
        if let feeds = resource.feeds, !feeds.contains(feed) { return [] }
        return all.filter { !$0.isProtected && $0.allowed.contains(hint.action) }
    }

    /// The watts that a hint leaves a target; nil where it asks for its suspension.
    func bound(_ hint: ShedHint, on target: Resource) -> Int? {
        let lowest = max(HistorySite.minimum, HistorySite.floor(of: target.id))
        switch hint.action {
        case .suspend: return target.type == .gpu ? lowest : nil
        case .throttle: return max(lowest, policy.throttlePower.of(HistorySite.maximum))
        case .powerCap:
            let asked = hint.targetPower?.watts.wholeWatts ?? policy.powerCapDefault.of(HistorySite.maximum)
            return max(lowest, min(asked, HistorySite.maximum))
        }
    }

    /// What open breaches together leave a limit; nil where none asks anything of it.
    func bound(onLimitOf resource: String, openOnly: Bool) -> Int? {
        breaches.filter { $0.value.isOpen || !openOnly }.keys.flatMap { hints(of: $0) }.flatMap { hint, feed in
            targets(of: hint, feed: feed).filter { $0.id == resource }.compactMap { bound(hint, on: $0) }
        }.min()
    }

    /// Whether a breach asks for a node's suspension.
    func wantsSuspended(_ node: String, openOnly: Bool) -> Bool {
        breaches.filter { $0.value.isOpen || !openOnly }.keys.flatMap { hints(of: $0) }.contains { hint, feed in
            targets(of: hint, feed: feed).contains { $0.id == node && bound(hint, on: $0) == nil }
        }
    }
}
