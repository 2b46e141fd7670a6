import PowerEvents
import Site

/// What a budget is met with, as it is now: every control once, by whichever of its names it is asked.
struct BudgetHold: Sendable {
    struct Member: Sendable {
        let key: ControlKey
        /// The parts by which it is asked, as positions among the plans.
        var positions: [Int]
        /// The tightest that they ask.
        var demand: Watts
        /// What it comes to at most: raised to its minimum or floor, or by its BMC's steps, and never above what it held
        /// before.
        var share = Watts.zero
        /// What it was read back to hold; its share where it was not.
        var held = Watts.zero
        /// What comes through it: what it was seen to draw, where that is less than it holds.
        var drawn = Watts.zero
        /// It is never cut below this, as far as is known.
        var floor = Watts.zero
        /// Where budgets cut member by member: the lower give first, and nil last.
        var order: Int?
        /// Whether it does not do as it was told, or nothing may be written to it: nothing comes of asking it for less.
        var isFailing = false
    }

    private(set) var members: [Member] = []
    /// What is drawn and not capped, as far as it is known.
    private(set) var uncapped: Watts
    /// What of that nodes draw beside their GPUs.
    private var rests: [String: Watts]

    /// What all of it draws at most, if every member does as it is told.
    var total: Watts { members.map(\.share).reduce(uncapped, +) }

    /// Whether something can be cut that is above its floor.
    var canGive: Bool { members.contains { !$0.isFailing && $0.demand > $0.floor && $0.share > $0.floor } }

    /// - Parameters:
    ///   - plan: of a hint that is met through what is inside
    ///   - parts: its parts
    ///   - drawn: what a member was seen to draw as it is held now
    init(
        _ plan: PlannedHint, _ parts: [Breach.Part], in book: Breaches, drawn: (ControlKey) -> Watts? = { _ in nil }
    ) {
        var spread = Spread(target: nil)
        if case .spread(let own) = plan.verdict { spread = own }
        var places: [ControlKey: Int] = [:]
        for part in parts {
            switch part.plan.verdict {
            case .spread(let inner): spread.take(inner)
            case .demand(.cap(let watts), let keys):
                guard let key = keys.first else { continue }
                if let place = places[key] {
                    members[place].positions.append(part.position)
                    members[place].demand = min(members[place].demand, watts)
                } else {
                    places[key] = members.count
                    members.append(Member(key: key, positions: [part.position], demand: watts))
                }
            case .demand, .covered, .skipped: continue
            }
        }
        uncapped = spread.uncapped
        rests = spread.rests
        for index in members.indices {
            lookUp(index, in: book)
            let held = members[index].held
            members[index].drawn = drawn(members[index].key).map { min($0, held) } ?? held
        }
        raiseFloors(book.site)
        rank(plan, book.site)
    }

    private mutating func lookUp(_ index: Int, in book: Breaches) {
        let (key, demand) = (members[index].key, members[index].demand)
        let floor = book.floor(of: key)
        var share = max(demand, floor)
        let control = book.controls[key]
        if let prior = control?.entry.prior?.value.limit, prior > .zero { share = min(share, prior) }
        let held = control?.outcome?.appliedLimit
        members[index].floor = floor
        members[index].isFailing = control?.outcome?.code == .failed || book.isFrozen(key)
        members[index].share = held.map { max($0, share) } ?? share
        members[index].held = held ?? share
    }

    /// What has a floor and no control has it through what is inside.
    private mutating func raiseFloors(_ site: Site) {
        var inside: [String: [Int]] = [:]
        for (index, member) in members.enumerated() {
            guard let resource = site.resources[member.key.resource] else { continue }
            let around = site.enclosing(resource)
            for outer in member.key.facet == .gpuTotal ? [resource] + around : around where outer.floor != nil {
                inside[outer.id, default: []].append(index)
            }
        }
        // A node before the rack that it is in.
        for (name, indices) in inside.sorted(by: { ($0.value.count, $0.key) < ($1.value.count, $1.key) }) {
            guard let resource = site.resources[name], let floor = resource.floor else { continue }
            let drawn = rests.filter { node, _ in
                node == name || site.resources[node].map { site.enclosing($0).contains { $0.id == name } } == true
            }
            let needed = floor - drawn.values.reduce(.zero, +)
            let shares = Budget.split(
                max(needed, .zero),
                over: indices.map {
                    BudgetMember(floor: members[$0].floor, draw: members[$0].share, limit: members[$0].share)
                }, by: .proportional
            ).shares
            for (index, share) in zip(indices, shares) { members[index].floor = max(members[index].floor, share) }
        }
    }

    /// The order in which members give, outermost first: a rack's among the members of a group, then a node's, a GPU's.
    private mutating func rank(_ plan: PlannedHint, _ site: Site) {
        let tops =
            site.groups[plan.hint.resourceID].map { Set(site.members(of: $0).map(\.id)) }
            ?? Set(site.resource(named: plan.hint.resourceID).map { site.children(of: $0.id).map(\.id) } ?? [])
        let paths = members.map { member -> [Int] in
            guard let resource = site.resources[member.key.resource] else { return [] }
            var path: [Int] = []
            for next in [resource] + site.enclosing(resource) {
                path.insert(next.shedOrder ?? .max, at: 0)
                if tops.contains(next.id) { break }
            }
            return path
        }
        let ranks = Set(paths).sorted { $0.lexicographicallyPrecedes($1) }
        guard ranks.count > 1 else { return }
        let places = Dictionary(uniqueKeysWithValues: ranks.enumerated().map { ($0.element, $0.offset) })
        for (index, path) in paths.enumerated() { members[index].order = places[path] }
    }

    /// What the members are to be asked for so that they come to less by an excess: only those that are asked for less
    /// than now.
    ///
    /// - Parameter base: what counts of each before that
    func cut(
        by excess: Watts, from base: KeyPath<Member, Watts>, split: BudgetSplit
    ) -> [(member: Member, demand: Watts)] {
        let members = members.filter { !$0.isFailing }
        let shares = members.map { $0[keyPath: base] }
        let budget = members.map { BudgetMember(floor: $0.floor, order: $0.order) }
        let cut = Budget.cut(shares, by: excess, over: budget, by: split).shares
        return zip(members, zip(shares, cut)).compactMap { member, pair in
            let (old, new) = pair
            guard new < old else { return nil }
            // What a BMC made more of than it was asked for is asked for less.
            let excess = max(old - max(member.demand, member.floor), .zero)
            let demand = max(new - excess, member.floor)
            return demand < member.demand ? (member, demand) : nil
        }
    }

    /// What the members are to be asked for where meters show more than they should: less of what each holds, and less of
    /// what each draws, since nothing comes of taking away what is not drawn.
    func correction(of excess: Watts, split: BudgetSplit) -> [(member: Member, demand: Watts)] {
        var cuts = cut(by: excess, from: \.held, split: split)
        for (member, demand) in cut(by: excess, from: \.drawn, split: split) {
            if let known = cuts.firstIndex(where: { $0.member.key == member.key }) {
                cuts[known].demand = min(cuts[known].demand, demand)
            } else {
                cuts.append((member, demand))
            }
        }
        return cuts
    }
}
