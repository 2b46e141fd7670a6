public import PowerEvents
import Site

/// Alerts: opening, tightening and resolving breaches.
extension Breaches {
    /// Whether an alert, whose signature and source are in order, contradicts what is known.
    public func objection(to alert: BreachAlert, source: String, now: Timestamp) -> RefusalReason? {
        // Of an end, hints mean nothing.
        if alert.status != .resolved, alert.shedHints.count > policy.maxHints { return .tooManyHints }
        guard let breach = breaches[alert.breachID] else {
            if now - alert.detectedAt > policy.maxHold { return .staleBreach }
            if alert.detectedAt - now > ClockSkew.tolerated { return .futureBreach }
            if alert.status == .resolved { return nil }
            let open = breaches.values.count { $0.isOpen && $0.origin.source == source }
            if open >= policy.maxOpenBreaches { return .tooManyBreaches }
            return isRoom(for: alert, of: source) ? nil : .tooManyHints
        }
        if breach.origin.source != source { return .foreignBreach }
        if alert.status == .resolved { return nil }
        if breach.isResolved { return .breachResolved }
        return isRoom(for: alert, of: source) ? nil : .tooManyHints
    }

    /// How many alerts with as many hints as one may have a source can have in force at once.
    private static let fullAlertsPerSource = 4

    /// The most ends of unknown breaches, and of breaches without hints, that are remembered of a source.
    static let maximumEmptyBreaches = 1024

    /// Whether a source's breaches may have an alert's hints as well. Limits are each source's own: one that has gone mad,
    /// or its thief, crowds out nobody else.
    private func isRoom(for alert: BreachAlert, of source: String) -> Bool {
        let held = breaches.values.filter { !$0.isClosed && $0.origin.source == source }.map(\.hintCount).reduce(0, +)
        let most = policy.maxHints * Self.fullAlertsPerSource
        if held + alert.shedHints.count <= most { return true }
        let known = Set(breaches[alert.breachID]?.plans.map(\.hint.resourceID) ?? [])
        return held + alert.shedHints.count { !known.contains($0.resourceID) } <= most
    }

    /// Forgets the oldest of a source's breaches that never asked for anything, where there are too many. What they would
    /// be known for is that they cannot be opened again, which `detected_at` sees to a day later anyway.
    private mutating func forgetEmptyBreaches(of source: String) {
        let empty = breaches.values.compactMap { breach -> (id: UUIDText, at: Timestamp)? in
            guard breach.origin.source == source, !breach.isWithPlans, case .closed(let at) = breach.phase else {
                return nil
            }
            return (breach.id, at)
        }
        let excess = empty.count - Self.maximumEmptyBreaches
        guard excess > 0 else { return }
        for (id, _) in empty.sorted(by: { ($0.at, $0.id) < ($1.at, $1.id) }).prefix(excess) { remove(id) }
    }

    /// Whether an alert says nothing new, so that the latest event is the answer.
    public func isRepetition(_ alert: BreachAlert) -> Bool {
        breaches[alert.breachID]?.isResolved == true && alert.status == .resolved
    }

    /// An alert that is in its breach, and what it changes is yet to be worked out.
    public struct Acceptance: Sendable {
        let breach: UUIDText
        /// What controls that were held already had to satisfy.
        let before: [ControlKey: [Demand]]
        /// What machines drew before, of which that is not durable yet.
        let baselines: [String: Watts]
        let now: Timestamp
        /// Whether another alert of the breach came with it, whose answer is that of both.
        let isFollowed: Bool
    }

    /// In which event an alert came, for evidence.
    public struct AlertEvent: Sendable {
        let id: UUIDText
        /// Of what was signed.
        let digest: String
    }

    /// Takes in an alert to which there is no ``objection(to:source:now:)``.
    ///
    /// - Parameter isFollowed: whether another alert of the breach came with it, whose answer is that of both
    public mutating func accept(
        _ alert: BreachAlert, origin: Breach.Origin, event: AlertEvent? = nil, isFollowed: Bool = false, now: Timestamp
    ) -> [Action] {
        guard alert.status == .resolved else {
            return follow(takeIn(alert, origin: origin, event: event, isFollowed: isFollowed, now: now))
        }
        let isNew = breaches[alert.breachID] == nil
        note(alert, origin: origin, event, now: now)
        if isNew {
            defer { forgetEmptyBreaches(of: origin.source) }
            return closeUnopened(alert.breachID, now: now)
        }
        return resolve(alert.breachID, now: now)
    }

    /// The first half of ``accept(_:origin:now:)``, of an alert that does not resolve its breach.
    ///
    /// From here on the breach holds all that has to be durable of the alert: a restart does what the second half would
    /// have done. Nothing else may be asked of the book before that, which can be done while the first is being written.
    public mutating func takeIn(
        _ alert: BreachAlert, origin: Breach.Origin, event: AlertEvent? = nil, isFollowed: Bool = false, now: Timestamp
    ) -> Acceptance {
        note(alert, origin: origin, event, now: now)
        let known = breaches[alert.breachID]?.plans ?? []
        let (before, baselines) = plan(alert.shedHints, for: alert.breachID, now: now)
        logSkips(of: alert.breachID, since: known)
        return Acceptance(
            breach: alert.breachID, before: before, baselines: baselines, now: now, isFollowed: isFollowed)
    }

    /// The second half of ``accept(_:origin:now:)``.
    public mutating func follow(_ acceptance: Acceptance) -> [Action] {
        let (id, now) = (acceptance.breach, acceptance.now)
        keep(acceptance.baselines, of: id, now: now)
        var actions = tighten(id, before: acceptance.before, now: now)
        if unsettled[id, default: []].isEmpty { actions += keepBudgets(of: id, now: now) }
        due.report(id, at: now + policy.reportAfter)
        if acceptance.isFollowed { return actions }
        return actions + reportIfSettled(id, now: now, evenIfNothingNew: true)
    }

    /// Brings a breach up to date with what an alert says of it, but for its hints.
    private mutating func note(_ alert: BreachAlert, origin: Breach.Origin, _ event: AlertEvent?, now: Timestamp) {
        var breach =
            breaches[alert.breachID]
            ?? Breach(
                id: alert.breachID, origin: origin, feed: alert.feedTag, isCritical: false, openedAt: now,
                holdDown: holdDown(feed: alert.feedTag, now: now))
        breach.origin = origin
        breach.updatedAt = now
        breach.isCritical = breach.isCritical || alert.severity == .critical
        breaches[breach.id] = breach
        changeLog.touch(breach.id)
        changeLog.log(
            HistoryEntry(
                .alert, alert.status.rawValue, breach: breach.id, value: event?.id.text, prior: event?.digest,
                message: "\(alert.summary), from \(origin.source)"))
    }

    /// The wait after `resolved`, doubled for a feed whose breach comes back soon after a release: our own cap may be
    /// what ended the breach, and letting go at once would only raise the next one.
    private func holdDown(feed: String, now: Timestamp) -> Duration {
        let latest = breaches.values.compactMap { breach -> (at: Timestamp, holdDown: Duration)? in
            guard breach.feed == feed, breach.isWithPlans else { return nil }
            switch breach.phase {
            case .open, .holdingDown: return nil
            // It came back before the last was wholly released.
            case .releasing: return (now, breach.holdDown)
            case .closed(let at): return (at, breach.holdDown)
            }
        }.max { $0.at < $1.at }
        guard let latest, now - latest.at < .seconds(600) else { return policy.holdDown }
        return max(policy.holdDown, min(latest.holdDown * 2, .seconds(3600)))
    }

    /// Adds an alert's hints to what its breach holds already.
    ///
    /// - Parameter policy: by which they are planned; nil for the agent's
    /// - Returns: what was demanded before, and drawn
    mutating func plan(
        _ hints: [ShedHint], for id: UUIDText, by policy: Policy? = nil, now: Timestamp
    ) -> (demands: [ControlKey: [Demand]], baselines: [String: Watts]) {
        guard let breach = breaches[id] else { return ([:], [:]) }
        if writtenBMCs[id] == nil { writtenBMCs[id] = bmcsUnderWay }
        let planner = Planner(
            site: site, policy: policy ?? self.policy, sightings: sightings, shared: shared, now: now)
        let plans = followingShared(planner.plan(hints, feed: breach.feed, suspended: suspendedNodes))
        var before: [ControlKey: [Demand]] = [:]
        if !holdIndex.isEmpty {
            for key in plans.flatMap(\.controls) + breach.controls where holdIndex.isHeld(key) {
                before[key] = demands(on: key)
            }
        }
        let baselines = noteBaselines(of: id, for: plans.lazy.flatMap(\.controls), now: now)
        holdIndex.remove(breach)
        let merged = Self.merge(plans, into: breach.plans)
        // Alerts are sent again and again, and each time all plans would be written again.
        if merged != breach.plans { breaches[id]?.plans = merged }
        due.sumUp(id, now: now)
        return (before, baselines)
    }

    /// Sets to work what the plans of a breach ask anew. Holds only tighten while a breach is open.
    mutating func tighten(
        _ id: UUIDText, before: [ControlKey: [Demand]], now: Timestamp
    ) -> [Action] {
        guard let breach = breaches[id] else { return [] }
        holdIndex.add(breach)
        let keys = breach.controls
        controls.reserveCapacity(controls.count + keys.count)
        var changed: [(key: ControlKey, priority: Int)] = []
        changed.reserveCapacity(keys.count)
        var waiting: [UUIDText: [ControlKey]] = [:]
        for key in keys {
            ensureControl(key)
            let demands = demands(on: key)
            let isChanged = demands != before[key, default: []]
            guard !demands.isEmpty, let control = controls.index(forKey: key),
                isChanged || controls.values[control].outcome == nil
            else { continue }
            if isChanged {
                controls.values[control].goalRevision += 1
                controls.values[control].outcome = nil
                // A new alert counts by the rules of now.
                controls.values[control].entry.floor = nil
            }
            for holder in holdIndex[key].keys where holder == id || breaches[holder]?.isOpen == true {
                waiting[holder, default: []].append(key)
            }
            changed.append((key, priority(of: key)))
        }
        for (holder, keys) in waiting { unsettled[holder, default: []].formUnion(keys) }
        waves[id] = Waves(changed)
        return handOut(id, now: now)
    }

    private static func merge(_ new: [PlannedHint], into old: [PlannedHint]) -> [PlannedHint] {
        struct Identity: Hashable {
            let hint: HintName
            let member: String?

            init(_ plan: PlannedHint) {
                hint = HintName(plan.hint)
                member = plan.member
            }

            init(_ hint: HintName) {
                self.hint = hint
                member = nil
            }
        }
        if old.isEmpty { return new }
        // Whether a repetition inside one alert is a duplicate is that alert's own affair.
        var merged = old.filter {
            if case .skipped(let reason) = $0.verdict { !reason.isDuplicate } else { true }
        }
        var places: [Identity: Int] = [:]
        for (index, plan) in merged.enumerated() where !plan.isSuperseded {
            places[Identity(plan)] = index
        }
        var stillAsked: Set<Identity> = []
        for plan in new {
            let identity = Identity(plan)
            if case .skipped(let reason) = plan.verdict, reason.isDuplicate {
                merged.append(plan)
                continue
            }
            guard let place = places[identity] else {
                merged.append(plan)
                continue
            }
            if case .skipped = plan.verdict, merged[place].demand != nil { stillAsked.insert(identity) }
            let plan = merged[place].hasFallenBack == true ? plan.fallenBack() : plan
            let tighter = merged[place].tightened(by: plan)
            if let tighter {
                merged[place] = tighter
            } else {
                merged[place].isSuperseded = true
                merged.append(plan.coveredLike(merged[place]))
            }
        }
        for member in stillAsked {
            // What is not to be touched any more and is held all the same counts once: by what it holds.
            guard let name = member.member, let place = places[Identity(member.hint)],
                case .spread(let spread) = merged[place].verdict
            else { continue }
            merged[place].verdict = .spread(spread.without(name))
        }
        return merged
    }

    /// Makes sure that a control has an entry to keep its prior in.
    ///
    /// The journal has it from its first intent or outcome on. Until then its breach is enough to make it anew, which
    /// for one of thousands of hints would be as many rows before the first write.
    mutating func ensureControl(_ key: ControlKey) {
        guard controls[key] == nil, let resource = site.resources[key.resource], let bmc = resource.bmc else { return }
        controls[key] = HeldControl(
            entry: ControlEntry(key: key, type: resource.type, bmc: bmc, pins: resource.pins))
    }

    /// Hands out what the pace allows now.
    mutating func handOut(_ id: UUIDText, now: Timestamp) -> [Action] {
        guard let breach = breaches[id], breach.isOpen, !isHeldBack else { return [] }
        let grace = grace(of: breach)
        let started = waves[id]?.next(now: now, grace: grace) ?? []
        return started.compactMap { queue($0.key, priority: $0.priority) }
    }

    /// How long a priority waits for the stragglers of the one before; nil where it does not wait.
    func grace(of breach: Breach) -> Duration? {
        policy.isEager(breach.isCritical ? .critical : .warning) ? nil : policy.stragglerGrace
    }

    /// Something else is asked of a control: whoever holds it waits for what comes of that.
    ///
    /// - Parameter priority: by ``WorkPriority``; nil for that of the holds
    mutating func pursueAnew(_ key: ControlKey, priority: Int? = nil) -> Action? {
        ensureControl(key)
        controls[key]?.goalRevision += 1
        unsettle(key)
        return queue(key, priority: priority ?? workPriority(of: key))
    }

    /// What was said of a control is not known to be so any more: whoever holds it waits for how it ends.
    mutating func unsettle(_ key: ControlKey) {
        controls[key]?.outcome = nil
        for holder in holdIndex[key].keys where breaches[holder]?.isOpen == true {
            unsettled[holder, default: []].insert(key)
        }
    }

    /// Hands a control to its BMC's queue, or moves it up there where it waits with less urgency.
    ///
    /// - Parameter priority: by ``WorkPriority``
    mutating func queue(_ key: ControlKey, priority: Int) -> Action? {
        guard let control = controls.index(forKey: key), !controls.values[control].isRunning,
            controls.values[control].queuedPriority.map({ priority < $0 }) ?? true
        else { return nil }
        controls.values[control].queuedPriority = priority
        due.dropRead(key)
        return .converge(key, priority: priority)
    }
}

extension PlannedHint {
    /// This plan as a later alert's version of it leaves it: never looser. nil where the two cannot be compared.
    func tightened(by later: PlannedHint) -> PlannedHint? {
        var result = later
        switch (verdict, later.verdict) {
        case (.spread(let old), .spread(let new)):
            guard let tighter = old.tightened(by: new) else { return nil }
            result.verdict = .spread(tighter)
            return result
        case (.skipped, _): return later
        case (_, .skipped):
            result.verdict = verdict
            result.exceptions = exceptions
            return result
        case (.demand(let old, let controls), .demand(let new, let others)) where controls == others:
            guard let tighter = Self.tighter(old, new) else { return nil }
            result.verdict = .demand(tighter, of: controls)
            return result
        case (.demand(let old, let controls), .covered(_, let new, let others)) where controls == others:
            guard let tighter = Self.tighter(old, new) else { return nil }
            result.verdict = .demand(tighter, of: controls)
            return result
        case (.covered(_, let old, let controls), .covered(let cover, let new, let others)) where controls == others:
            guard let tighter = Self.tighter(old, new) else { return nil }
            result.verdict = .covered(by: cover, tighter, of: controls)
            return result
        // The suspension that does it was asked for by an earlier alert, and stands.
        case (.covered(let cover, let old, let controls), .demand(let new, let others)) where controls == others:
            guard let tighter = Self.tighter(old, new) else { return nil }
            result.verdict = .covered(by: cover, tighter, of: controls)
            return result
        default: return nil
        }
    }

    /// Asked for in other terms than by an earlier alert: the suspension that does it stands.
    func coveredLike(_ earlier: PlannedHint) -> PlannedHint {
        guard case .demand(let demand, let controls) = verdict,
            case .covered(let cover, _, let others) = earlier.verdict, controls == others
        else { return self }
        var plan = self
        plan.verdict = .covered(by: cover, demand, of: controls)
        return plan
    }

    private static func tighter(_ old: Demand, _ new: Demand) -> Demand? {
        switch (old, new) {
        case (.cap(let one), .cap(let other)): .cap(min(one, other))
        case (.capToShare(let one), .capToShare(let other)): .capToShare(min(one, other))
        case (.slowToShare(let one), .slowToShare(let other)): .slowToShare(min(one, other))
        default: old == new ? old : nil
        }
    }
}

extension BreachAlert {
    /// `critical on main-a, 181 hints`
    var summary: String {
        "\(severity.rawValue) on \(feedTag), \(shedHints.count) hint\(shedHints.count == 1 ? "" : "s")"
    }
}
