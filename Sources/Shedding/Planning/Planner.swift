public import PowerEvents
public import Site

/// Decides what each hint of an alert means for this site. Touches nothing and knows no time.
public struct Planner: Sendable {
    let site: Site
    let policy: Policy
    /// What was seen of controls and meters, and when it is now.
    let sightings: Sightings
    /// nil where `max_suspended` counts over this site alone.
    let shared: SharedSuspensions?
    let now: Timestamp

    public init(
        site: Site, policy: Policy, sightings: Sightings = Sightings(), now: Timestamp = Timestamp(milliseconds: 0)
    ) {
        self.init(site: site, policy: policy, sightings: sightings, shared: nil, now: now)
    }

    init(
        site: Site, policy: Policy, sightings: Sightings = Sightings(), shared: SharedSuspensions?,
        now: Timestamp = Timestamp(milliseconds: 0)
    ) {
        self.site = site
        self.policy = policy
        self.sightings = sightings
        self.shared = shared
        self.now = now
    }

    /// - Parameters:
    ///   - hints: in the alert's order; the answer begins with one plan for each in that order, and ends with the parts
    ///     of those that are met through what is inside
    ///   - feed: the feed that is breached
    ///   - suspended: nodes that this agent holds down, or is about to, for any breach
    public func plan(_ hints: [ShedHint], feed: String, suspended: Set<String> = []) -> [PlannedHint] {
        // Each is decided below.
        var plans = hints.map { PlannedHint(hint: $0, verdict: .demand(.suspended, of: [])) }
        var seen: [HintKey: Int] = [:]
        var suspended = suspended
        // By priority, so that a bound such as max_suspended is used up by what is to be shed first.
        let order = hints.indices.sorted { (hints[$0].priority, $0) < (hints[$1].priority, $1) }
        let targets = hints.map(target)
        seen.reserveCapacity(hints.count)
        for index in hints.indices {
            let key = HintKey(target: targets[index], hint: hints[index])
            if let first = seen[key] {
                plans[index].verdict = .skipped(.duplicate(ofHint: first + 1))
            } else {
                seen[key] = index
            }
        }
        let firsts = Set(seen.values)
        var parts: [PlannedHint] = []
        for index in order where firsts.contains(index) {
            let hint = hints[index]
            var decided: [PlannedHint]
            switch targets[index] {
            case nil: decided = [PlannedHint(hint: hint, verdict: .skipped(.unknownResource(hint.resourceID)))]
            case .group(let group): decided = decide(hint, group, feed: feed, &suspended)
            case .resource(let resource) where resource.type != hint.resourceType:
                decided = [PlannedHint(hint: hint, verdict: .skipped(.wrongType(resource.id, resource.type)))]
            case .resource(let resource): decided = decide(hint, resource, feed: feed, &suspended)
            }
            plans[index] = decided.removeFirst()
            parts += decided
        }
        return cover(plans + parts)
    }

    /// What makes a hint a repetition: the same action on the same resource, whichever of its names was used.
    private struct HintKey: Hashable {
        let resource: String
        let type: ResourceType
        let action: ShedAction

        init(target: Target?, hint: ShedHint) {
            switch target {
            case nil: (resource, type) = (hint.resourceID, hint.resourceType)
            case .resource(let known): (resource, type) = (known.id, hint.resourceType)
            // Whatever type the hint says it is of.
            case .group(let group): (resource, type) = (group.id, .chassis)
            }
            action = hint.action
        }

        // Those of one resource are few.
        func hash(into hasher: inout Hasher) { hasher.combine(resource) }
    }

    /// What a hint can name.
    private enum Target {
        case resource(Resource)
        case group(Group)
    }

    private func target(_ hint: ShedHint) -> Target? {
        if let resource = site.resource(named: hint.resourceID) { return .resource(resource) }
        return site.groups[hint.resourceID].map { .group($0) }
    }

    /// Why nothing is done to a resource, whatever asks for it.
    func obstacle(_ resource: Resource, _ action: ShedAction, feed: String) -> SkipReason? {
        prohibition(resource, action) ?? otherFeed(resource, than: feed)
    }

    /// A breach of another feed is none of a resource's. A drill is on whatever it was told.
    func otherFeed(_ resource: Resource, than feed: String) -> SkipReason? {
        guard let feeds = resource.feeds, !feeds.contains(feed), feed != Breach.drillFeed else { return nil }
        return .otherFeed(resource.id, feeds: feeds)
    }

    func prohibition(_ resource: Resource, _ action: ShedAction) -> SkipReason? {
        if resource.isProtected { return .protected(resource.id) }
        // A machine that goes down takes what is in it along.
        if action == .suspend, resource.type == .node,
            let inside = site.contents(of: resource).first(where: \.isProtected)
        {
            return .protected(inside.id)
        }
        if resource.allowed.contains(action) { return nil }
        return .actionNotAllowed(resource.id, allowed: ShedAction.allCases.filter(resource.allowed.contains))
    }

    /// - Returns: the hint's plan, and then those of its parts, where it is met through what is inside
    private func decide(
        _ hint: ShedHint, _ resource: Resource, feed: String, _ suspended: inout Set<String>
    ) -> [PlannedHint] {
        if let reason = obstacle(resource, hint.action, feed: feed) {
            return [PlannedHint(hint: hint, verdict: .skipped(reason))]
        }
        switch (hint.action, resource.type) {
        case (.suspend, .node), (.suspend, .chassis): return [suspend(hint, resource, feed: feed, &suspended)]
        case (.suspend, .gpu): return [cap(hint, resource, .capToMinimum, feed: feed)]
        case (.throttle, _):
            let plan = throttle(hint, resource, feed: feed)
            return plan.fallback == nil ? throughMembers(plan, resource, feed: feed) : [plan]
        case (.powerCap, _):
            let demand = hint.targetPower.map { Demand.cap($0.watts) } ?? .capToShare(policy.powerCapDefault)
            return throughMembers(cap(hint, resource, demand, feed: feed), resource, feed: feed)
        }
    }

    /// Watts are a budget over the members of a group; everything else is asked of each of them.
    private func decide(
        _ hint: ShedHint, _ group: Group, feed: String, _ suspended: inout Set<String>
    ) -> [PlannedHint] {
        let members = site.members(of: group)
        let header = PlannedHint(hint: hint, verdict: .spread(Spread(target: nil)))
        if hint.action == .powerCap, let target = hint.targetPower {
            return Self.plans(
                header, tree(of: group, members, hint, feed: feed).shares(of: target.watts, split: policy.split))
        }
        var plans = [header]
        // A rack that is only a place stands for its nodes.
        for resource in members.flatMap({ $0.bmc == nil ? site.children(of: $0.id) : [$0] }) {
            plans += decide(hint, resource, feed: feed, &suspended).map { plan in
                var part = plan
                part.member = plan.member ?? resource.id
                return part
            }
        }
        return plans
    }

    /// By speed or mode where the policy names one, else by a cap, which is also what is done where a BMC offers neither.
    private func throttle(_ hint: ShedHint, _ resource: Resource, feed: String) -> PlannedHint {
        let plan = cap(hint, resource, .capToShare(policy.throttlePower), feed: feed)
        guard case .demand(let demand, let controls) = plan.verdict, resource.bmc != nil else { return plan }
        let first: (Demand, ControlKey.Facet)? =
            switch resource.type {
            case .gpu: policy.throttleGPUSpeed.map { (.slowToShare($0), .speedLimit) }
            case .node: policy.throttleNodeMode.map { (.mode($0), .powerMode) }
            case .chassis: nil
            }
        guard let (choice, facet) = first else { return plan }
        return PlannedHint(
            hint: hint, verdict: .demand(choice, of: [ControlKey(resource: resource.id, facet: facet)]),
            fallback: .init(demand, of: controls))
    }

    private func cap(_ hint: ShedHint, _ resource: Resource, _ demand: Demand, feed: String) -> PlannedHint {
        if resource.bmc != nil {
            let control = ControlKey(resource: resource.id, facet: .powerLimit)
            return PlannedHint(hint: hint, verdict: .demand(demand, of: [control]))
        }
        // A rack has no BMC. A share can be taken of each of its nodes; a total in watts cannot be split unasked.
        guard case .capToShare = demand else {
            return PlannedHint(hint: hint, verdict: .skipped(.noControl(resource.id)))
        }
        return fanOut(hint, site.children(of: resource.id), .powerLimit, demand, feed: feed)
    }

    /// The nodes of a chassis, without those that may not be touched, or are fed by others.
    private func fanOut(
        _ hint: ShedHint, _ nodes: [Resource], _ facet: ControlKey.Facet, _ demand: Demand, feed: String
    ) -> PlannedHint {
        guard !nodes.isEmpty else {
            return PlannedHint(hint: hint, verdict: .skipped(.noNodes(in: hint.resourceID)))
        }
        var controls: [ControlKey] = []
        var exceptions: [SkipReason] = []
        for node in nodes {
            if let reason = obstacle(node, hint.action, feed: feed) {
                exceptions.append(reason)
            } else {
                controls.append(ControlKey(resource: node.id, facet: facet))
            }
        }
        guard !controls.isEmpty else {
            return PlannedHint(hint: hint, verdict: .skipped(.all(exceptions)))
        }
        return PlannedHint(hint: hint, verdict: .demand(demand, of: controls), exceptions: exceptions)
    }

    private func suspend(
        _ hint: ShedHint, _ resource: Resource, feed: String, _ suspended: inout Set<String>
    ) -> PlannedHint {
        var plan =
            resource.type == .chassis
            ? fanOut(hint, site.children(of: resource.id), .powerState, .suspended, feed: feed)
            : PlannedHint(
                hint: hint,
                verdict: .demand(.suspended, of: [ControlKey(resource: resource.id, facet: .powerState)]))
        guard case .demand = plan.verdict else { return plan }
        let nodes = site.nodeCount
        let limit = shared?.granted ?? policy.maxSuspended.of(nodes)
        var kept: [ControlKey] = []
        for control in plan.controls {
            if suspended.contains(control.resource) || suspended.count < limit {
                suspended.insert(control.resource)
                kept.append(control)
            } else {
                plan.exceptions.append(
                    shared?.refusal(of: control.resource, policy, nodes: nodes)
                        ?? .maxSuspended(control.resource, limit: limit, nodes: nodes))
            }
        }
        plan.verdict = kept.isEmpty ? .skipped(.all(plan.exceptions)) : .demand(.suspended, of: kept)
        if kept.isEmpty { plan.exceptions = [] }
        return plan
    }

    /// Hints inside something that is suspended at the same turn or earlier are left to that suspend.
    private func cover(_ plans: [PlannedHint]) -> [PlannedHint] {
        var suspendedAt: [String: Int] = [:]
        for plan in plans where plan.demand == .suspended {
            for control in plan.controls {
                suspendedAt[control.resource] = min(suspendedAt[control.resource] ?? .max, plan.hint.priority)
            }
        }
        guard !suspendedAt.isEmpty else { return plans }
        return plans.map { plan in
            guard case .demand(let demand, let controls) = plan.verdict, demand != .suspended, controls.count == 1,
                let resource = site.resources[controls[0].resource]
            else { return plan }
            let around = [resource.id] + site.enclosing(resource).map(\.id)
            guard let node = around.first(where: { (suspendedAt[$0] ?? .max) <= plan.hint.priority }) else {
                return plan
            }
            var covered = plan
            covered.verdict = .covered(by: ControlKey(resource: node, facet: .powerState), demand, of: controls)
            return covered
        }
    }
}
