import PowerEvents
import Site

/// Caps on what has no limit of its own: they are met through what is inside.
extension Planner {
    /// A plan as it is, or spread over what is inside where its resource is known to have no limit of its own.
    ///
    /// - Returns: the hint's plan, and then those of its parts
    func throughMembers(_ plan: PlannedHint, _ resource: Resource, feed: String) -> [PlannedHint] {
        switch plan.verdict {
        case .demand(let demand, _) where resource.bmc != nil && sightings.isMissing(Self.limit(of: resource)):
            return spread(plan, demand, resource, feed: feed) ?? [plan]
        // A rack of which each node takes its own share, one of them through what is inside.
        case .demand(let demand, let keys)
        where resource.bmc == nil && keys.contains(where: { isSpreadable($0, plan.hint, feed: feed) }):
            return nodeByNode(plan, demand, keys, feed: feed)
        // A rack in watts; of a share each of its nodes takes its own.
        case .skipped(.noControl):
            guard let target = plan.hint.targetPower else { return [plan] }
            return spread(plan, .cap(target.watts), resource, feed: feed) ?? [plan]
        default: return [plan]
        }
    }

    /// What has turned out to have no limit of its own, spread over what is inside; nil where nothing is.
    ///
    /// - Parameter isRestTaken: whether what a node draws beside its GPUs was taken off already
    func spread(
        _ plan: PlannedHint, _ demand: Demand, _ resource: Resource, feed: String, isRestTaken: Bool = false
    ) -> [PlannedHint]? {
        guard let tree = members(of: resource, plan.hint, feed: feed, isRestTaken: isRestTaken) else { return nil }
        guard case .cap(let target) = demand else { return spreadShare(plan, demand, tree) }
        return Self.plans(plan, tree.shares(of: target, split: policy.split))
    }

    /// Whether a control is known not to be there, and something inside its resource is.
    private func isSpreadable(_ key: ControlKey, _ hint: ShedHint, feed: String) -> Bool {
        sightings.isMissing(key)
            && site.resources[key.resource].flatMap { members(of: $0, hint, feed: feed) } != nil
    }

    /// What is asked of each of several nodes, each as a part of its own: those without a limit are met through what is
    /// inside.
    func nodeByNode(_ plan: PlannedHint, _ demand: Demand, _ keys: [ControlKey], feed: String) -> [PlannedHint] {
        var header = plan
        header.verdict = .spread(Spread(target: nil))
        header.fallback = nil
        header.exceptions = []
        var plans = [header]
        for key in keys {
            let part = PlannedHint(hint: plan.hint, member: key.resource, verdict: .demand(demand, of: [key]))
            let inside = sightings.isMissing(key) ? site.resources[key.resource] : nil
            plans += inside.flatMap { spread(part, demand, $0, feed: feed) } ?? [part]
        }
        for reason in plan.exceptions {
            plans.append(
                PlannedHint(
                    hint: plan.hint, member: reason.resource ?? plan.hint.resourceID, verdict: .skipped(reason)))
        }
        return plans
    }

    static func plans(_ plan: PlannedHint, _ shares: BudgetTree.Shares) -> [PlannedHint] {
        var header = plan
        header.verdict = .spread(shares.spread)
        header.fallback = nil
        return [header]
            + shares.controls.map { part in
                PlannedHint(hint: plan.hint, member: part.member, verdict: .demand(.cap(part.watts), of: [part.key]))
            }
            + shares.skipped.map { PlannedHint(hint: plan.hint, member: $0.member, verdict: .skipped($0.reason)) }
    }

    private func spreadShare(_ plan: PlannedHint, _ demand: Demand, _ tree: BudgetTree) -> [PlannedHint] {
        var shares = tree.shares(of: .zero, split: policy.split)
        shares.spread = Spread(target: nil)
        var plans = Self.plans(plan, shares)
        for index in plans.indices {
            guard case .demand(_, let keys) = plans[index].verdict else { continue }
            plans[index].verdict = .demand(demand, of: keys)
        }
        return plans
    }

    static func limit(of resource: Resource) -> ControlKey { ControlKey(resource: resource.id, facet: .powerLimit) }

    // MARK: What is inside

    /// A resource that has no limit of its own; nil where nothing inside has one.
    private func members(
        of resource: Resource, _ hint: ShedHint, feed: String, isRestTaken: Bool = false
    ) -> BudgetTree? {
        let children: [BudgetTree]
        let rest: Watts?
        switch resource.type {
        case .gpu: return nil
        case .node:
            children = gpus(of: resource, hint, feed: feed)
            rest = isRestTaken ? .zero : self.rest(of: resource)
        case .chassis:
            children = trees(site.children(of: resource.id), hint, feed: feed)
            rest = .zero
        }
        guard children.contains(where: { !$0.isFixed }) else { return nil }
        return BudgetTree(
            resource.id, children: children, rest: rest, floor: isRestTaken ? nil : resource.floor,
            draw: draw(resource), order: resource.shedOrder)
    }

    /// A group, which draws what its members draw.
    func tree(of group: Group, _ members: [Resource], _ hint: ShedHint, feed: String) -> BudgetTree {
        BudgetTree(
            group.id, children: trees(members, hint, feed: feed), rest: .zero, floor: nil, draw: nil, order: nil)
    }

    /// Members that lie side by side, each control once.
    private func trees(_ resources: [Resource], _ hint: ShedHint, feed: String) -> [BudgetTree] {
        BudgetTree.sharing(resources.map { tree($0, hint, feed: feed) }, by: sightings.primary)
    }

    /// A resource as a member of a budget.
    func tree(_ resource: Resource, _ hint: ShedHint, feed: String) -> BudgetTree {
        let limit = Self.limit(of: resource)
        let sight = sightings[limit]
        let most = sight?.most
        func fixed(_ reason: SkipReason) -> BudgetTree {
            BudgetTree(resource.id, fixed: reason, draw: draw(resource), limit: most)
        }
        if let reason = prohibition(resource, hint.action) { return fixed(reason) }
        if let reason = otherFeed(resource, than: feed) {
            // What it draws, it draws elsewhere.
            return BudgetTree(resource.id, fixed: reason, draw: .zero, limit: .zero)
        }
        if resource.bmc == nil || sight?.isMissing == true {
            return members(of: resource, hint, feed: feed) ?? fixed(.noControl(resource.id))
        }
        return BudgetTree(
            resource.id, control: limit,
            BudgetMember(
                floor: max(sight?.range.minimum ?? .zero, resource.floor ?? .zero), draw: draw(resource), limit: most,
                order: resource.shedOrder))
    }

    /// The GPUs of a node that has no limit of its own: together where one control is for all of them, else each.
    private func gpus(of node: Resource, _ hint: ShedHint, feed: String) -> [BudgetTree] {
        let gpus = site.children(of: node.id)
        let together = ControlKey(resource: node.id, facet: .gpuTotal)
        guard let sight = sightings[together], !sight.isMissing,
            gpus.allSatisfy({ obstacle($0, hint.action, feed: feed) == nil })
        else {
            return trees(gpus, hint, feed: feed)
        }
        let draw = BudgetTree.sum(gpus.map(draw), .zero)
        let floors = gpus.compactMap(\.floor).reduce(.zero, +)
        return [
            BudgetTree(
                node.id, control: together,
                BudgetMember(
                    floor: max(sight.range.minimum ?? .zero, floors),
                    draw: gpus.isEmpty ? nil : draw,
                    limit: sight.most, order: nil))
        ]
    }

    private func draw(_ resource: Resource) -> Watts? { sightings.draw(of: resource.id, now: now) }

    /// What a node draws beside its GPUs: the larger of what was measured and what the inventory says; nil where neither
    /// tells.
    func rest(of node: Resource) -> Watts? {
        let draws = site.children(of: node.id).map(draw)
        let known = draws.compactMap { $0 }
        var measured: Watts?
        if let whole = draw(node), !draws.isEmpty, known.count == draws.count {
            measured = max(whole - known.reduce(.zero, +), .zero)
        }
        return [measured, node.rest].compactMap { $0 }.max()
    }
}
