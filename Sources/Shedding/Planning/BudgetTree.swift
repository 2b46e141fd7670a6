import PowerEvents
import Site

/// Something that a budget is met with: a control, or what it is met with in turn.
///
/// A node that has no limit of its own is met through its GPUs, after what the rest of it draws is taken off; a rack
/// through its nodes, a group through its members.
struct BudgetTree: Sendable {
    indirect enum Kind: Sendable {
        /// One control, by each of the keys that lead to it.
        case control([ControlKey])
        /// - Parameter rest: what is drawn beside the children; nil where nothing tells
        case children([BudgetTree], rest: Watts?)
        /// Not to be touched, or without anything to touch, and why.
        case fixed(SkipReason)
    }

    let resource: String
    let kind: Kind
    let member: BudgetMember

    /// The part of a budget for each control inside, with what else there is to know of the whole.
    struct Shares {
        var controls: [(member: String, key: ControlKey, watts: Watts)] = []
        var skipped: [(member: String, reason: SkipReason)] = []
        var spread: Spread
    }

    func shares(of budget: Watts, split: BudgetSplit) -> Shares {
        var shares = Shares(spread: Spread(target: budget))
        // The whole has a floor as each member has.
        share(max(budget, isFixed ? .zero : member.floor), split, &shares)
        return shares
    }

    private func share(_ budget: Watts, _ split: BudgetSplit, _ shares: inout Shares) {
        switch kind {
        case .control(let keys):
            // Whichever of its names is asked, it is told the same.
            for key in keys { shares.controls.append((key.resource, key, budget)) }
        case .fixed(let reason):
            shares.skipped.append((resource, reason))
            if let draw = member.draw ?? member.limit {
                shares.spread.fixed[resource] = draw
            } else {
                shares.spread.unknown.append(resource)
            }
        case .children(let children, let rest):
            if let rest, rest > .zero { shares.spread.rests[resource] = rest }
            if rest == nil { shares.spread.unknown.append(resource) }
            let uncapped = children.filter(\.isFixed)
            for child in uncapped { child.share(.zero, split, &shares) }
            let fixed = uncapped.compactMap { $0.member.draw ?? $0.member.limit }.reduce(rest ?? .zero, +)
            let capped = children.filter { !$0.isFixed }
            let parts = Budget.split(max(budget - fixed, .zero), over: capped.map(\.member), by: split).shares
            for (child, part) in zip(capped, parts) { child.share(part, split, &shares) }
        }
    }

    var isFixed: Bool { if case .fixed = kind { true } else { false } }

    /// Something that is met through others: it draws what they draw.
    init(_ resource: String, children: [BudgetTree], rest: Watts?, floor: Watts?, draw: Watts?, order: Int?) {
        self.resource = resource
        kind = .children(children, rest: rest)
        let rest = rest ?? .zero
        let floors = children.map { $0.isFixed ? $0.member.draw ?? .zero : $0.member.floor }.reduce(rest, +)
        let limits = children.map { $0.isFixed ? $0.member.draw : $0.member.limit }
        let draws = children.map { $0.member.draw ?? $0.member.limit }
        member = BudgetMember(
            floor: max(floors, floor ?? .zero), draw: draw ?? Self.sum(draws, rest), limit: Self.sum(limits, rest),
            order: order)
    }

    init(_ resource: String, control: ControlKey, _ member: BudgetMember) {
        self.init(resource, control: [control], member)
    }

    private init(_ resource: String, control: [ControlKey], _ member: BudgetMember) {
        self.resource = resource
        kind = .control(control)
        self.member = member
    }

    init(_ resource: String, fixed reason: SkipReason, draw: Watts?, limit: Watts?) {
        self.resource = resource
        kind = .fixed(reason)
        member = BudgetMember(floor: .zero, draw: draw, limit: limit, order: nil)
    }

    /// Siblings with each control once: GPUs that share an accelerator's limit have a share of the budget together.
    ///
    /// - Parameter primary: one key for all that lead to one control
    static func sharing(_ trees: [BudgetTree], by primary: (ControlKey) -> ControlKey) -> [BudgetTree] {
        var places: [ControlKey: Int] = [:]
        var merged: [BudgetTree] = []
        for tree in trees {
            guard case .control(let keys) = tree.kind, let key = keys.first else {
                merged.append(tree)
                continue
            }
            if let place = places[primary(key)] {
                merged[place] = merged[place].joined(by: tree)
            } else {
                places[primary(key)] = merged.count
                merged.append(tree)
            }
        }
        return merged
    }

    private func joined(by other: BudgetTree) -> BudgetTree {
        guard case .control(let one) = kind, case .control(let two) = other.kind else { return self }
        // As the control itself counts the floors of those that share it.
        let joint = BudgetMember(
            floor: max(member.floor, other.member.floor), draw: Self.sum([member.draw, other.member.draw], .zero),
            limit: [member.limit, other.member.limit].compactMap { $0 }.min(),
            order: [member.order, other.member.order].compactMap { $0 }.min())
        return BudgetTree(resource, control: one + two, joint)
    }

    /// nil where one of them is not known.
    static func sum(_ watts: [Watts?], _ first: Watts) -> Watts? {
        watts.reduce(first) { sum, next in sum.flatMap { sum in next.map { sum + $0 } } }
    }
}
