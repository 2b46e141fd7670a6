public import PowerEvents
import Site

extension Breach.Origin {
    /// Of the holds of a drill, which no alert asked for, and of which nothing is published.
    static let drill = Breach.Origin(source: "drill", trace: nil, correlationID: nil)

    public var isDrill: Bool { source == Self.drill.source }
}

extension Breach {
    /// In the place of a feed: a drill is of none, and comes to resources of all.
    static let drillFeed = "(drill)"

    public var isDrill: Bool { origin.isDrill }
}

/// Drills: holds of an operator, that end by themselves.
extension Breaches {
    /// Sets the caps to work. - Parameter order: to which there is no ``objection(toDrill:now:)``
    mutating func beginDrill(_ order: DrillOrder, now: Timestamp) -> [Action] {
        let before = planDrill(order, now: now)
        changeLog.log(
            HistoryEntry(
                .command, "drill", breach: order.id, value: order.share.description,
                message: "caps at \(order.share) of the maximum, held for \(order.hold): "
                    + order.names.prefix(20).joined(separator: ", ")
                    + (order.names.count > 20 ? " and \(order.names.count - 20) more" : "")))
        return tighten(order.id, before: before, now: now)
    }

    /// Puts everything back that a drill holds, at once.
    mutating func endDrill(_ id: UUIDText, now: Timestamp) -> [Action] {
        changeLog.log(HistoryEntry(.command, "drill_restore", breach: id))
        // Its controls are few, and somebody waits for them: no steps.
        breaches[id]?.isHurried = true
        changeLog.touch(id)
        var actions = resolve(id, now: now)
        if case .holdingDown = breaches[id]?.phase { actions += startReleasing(id, now: now) }
        return actions
    }

    /// Whether every hold of a breach has ended, well or not.
    func isSettled(_ id: UUIDText) -> Bool { unsettled[id, default: []].isEmpty }

    /// Why a drill would do nothing; nil where it would.
    func objection(toDrill order: DrillOrder, now: Timestamp) -> String? {
        let plans = drillPlans(order, now: now)
        if plans.contains(where: { !$0.controls.isEmpty }) { return nil }
        let reasons = plans.compactMap { plan in
            if case .skipped(let reason) = plan.verdict { "\(reason)" } else { nil as String? }
        }
        return reasons.first ?? "it names no resource"
    }

    /// What a drill would do, worked out on a copy.
    public func drillPlans(_ order: DrillOrder, now: Timestamp) -> [PlannedHint] {
        var copy = self
        _ = copy.planDrill(order, now: now)
        return copy.breaches[order.id]?.plans ?? []
    }

    private mutating func planDrill(_ order: DrillOrder, now: Timestamp) -> [ControlKey: [Demand]] {
        // Whoever waits for a drill wants it back at once: no hold-down.
        breaches[order.id] = Breach(
            id: order.id, origin: .drill, feed: Breach.drillFeed, isCritical: true, openedAt: now, holdDown: .zero)
        changeLog.touch(order.id)
        let hints = order.names.map { name in
            ShedHint(
                resourceID: name, resourceType: site.resource(named: name)?.type ?? .node, action: .powerCap,
                priority: 1)
        }
        // Without a target each hint is for a share of its control's maximum; here for the drill's.
        var drilling = policy
        drilling.powerCapDefault = order.share
        let (before, baselines) = plan(hints, for: order.id, by: drilling, now: now)
        keep(baselines, of: order.id, now: now)
        return before
    }

    /// What a limit would be set to, as far as its control was seen; nil where it was not, or for what is no limit.
    public func foreseenLimit(_ key: ControlKey, _ demand: Demand) -> Watts? {
        let sight = sightings[key]
        let floor = site.resources[key.resource]?.floor
        return try? CapTarget.resolve([demand], range: sight?.range ?? PowerRange(), floor: floor, prior: sight?.limit)
            .get()
    }

    /// What a resource drew when it was last measured.
    public func drawSeen(of resource: String, now: Timestamp) -> Watts? { sightings.draw(of: resource, now: now) }

    /// The limit that a control was last seen to have; nil where it has none or was not seen.
    public func limitSeen(_ key: ControlKey) -> Watts? { sightings[key]?.limit }
}
