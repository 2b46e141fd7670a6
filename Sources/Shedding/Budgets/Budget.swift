public import PowerEvents

/// The arithmetic of budgets: a demand in watts on something that has no control of its own, met by the members inside it.
///
/// All in whole watts, as caps are written: budgets and limits are rounded down, floors and draws up.
public enum Budget {
    /// Splits a budget over its members.
    ///
    /// Every member has its floor. What the budget leaves above all floors is shared out:
    ///
    /// - ``BudgetSplit/proportional``: in proportion to what each draws above its floor
    /// - ``BudgetSplit/ordered``: the highest `order` keeps its draw first, the lowest gives first; equal ones in proportion
    ///
    /// No member is above its limit: what it cannot take goes to the others in the same proportion, and to those that draw
    /// nothing above their floors, evenly, once no other can take any. The sum is the budget to the watt, between the sum of
    /// the floors and the sum of the limits. A smaller budget raises no member; of members that are alike, the earlier ones
    /// have the watt that is left over.
    ///
    /// - Complexity: O(*n* log *n*)
    public static func split(_ budget: Watts, over members: [BudgetMember], by split: BudgetSplit) -> BudgetShares {
        let bounds = bounds(members)
        var shares = bounds.map(\.floor)
        let floors = shares.reduce(0) { $0.addingSaturated($1) }
        var above = max(0, budget.wholeWatts.subtractingSaturated(floors))

        /// Raises the shares of some members from what is left.
        func give(_ places: [Int], upTo top: (Bounds) -> Int) {
            guard above > 0 else { return }
            // Those that draw nothing above their floors come after the others.
            for isIdle in [false, true] {
                let takers = places.filter { (bounds[$0].above == 0) == isIdle }
                let given = WattDivision.divide(
                    above,
                    over: takers.map {
                        WattDivision.Party(weight: isIdle ? 1 : bounds[$0].above, most: top(bounds[$0]) - shares[$0])
                    })
                for (place, watts) in zip(takers, given) {
                    shares[place] += watts
                    above -= watts
                }
            }
        }
        switch split {
        case .proportional:
            give(Array(members.indices), upTo: \.limit)
        case .ordered:
            let ranks = Dictionary(grouping: members.indices) { members[$0].order ?? .max }
                .sorted { $0.key > $1.key }.map(\.value)
            // What each draws, for those who give last; then what it could draw, in the same order.
            for places in ranks { give(places) { min($0.limit, $0.floor + $0.above) } }
            for places in ranks { give(places, upTo: \.limit) }
        }
        return BudgetShares(shares: shares.map { Watts($0) }, budget: budget)
    }

    /// Shares of which each is the lower of two: as long as a breach is open, a budget only tightens.
    ///
    /// - Parameters:
    ///   - one: of some members
    ///   - other: of the same members, in the same order
    public static func tighter(_ one: [Watts], _ other: [Watts]) -> [Watts] { zip(one, other).map(min) }

    /// Shares cut by what a meter shows above the budget, by the rule of the split, and never under a floor.
    ///
    /// - Parameters:
    ///   - shares: what the members are held to, in their order
    ///   - excess: what the meter shows above the budget; zero or less cuts nothing
    /// - Returns: shares whose sum is lower by the excess, or by as much of it as the floors allow; their budget is what was
    ///   aimed at, so they are not ``BudgetShares/isWithin`` where that was less
    public static func cut(
        _ shares: [Watts], by excess: Watts, over members: [BudgetMember], by split: BudgetSplit
    ) -> BudgetShares {
        let aim = BudgetShares(shares: shares, budget: .zero).total - Watts(max(0, excess.wholeWattsRoundedUp))
        let held = zip(members, shares).map { member, share in
            BudgetMember(floor: member.floor, draw: share, limit: share, order: member.order)
        }
        return self.split(max(aim, .zero), over: held, by: split)
    }

    /// The same, each by the same part of what it has above its floor.
    public static func cut(_ shares: [Watts], by excess: Watts, floors: [Watts]) -> [Watts] {
        cut(shares, by: excess, over: floors.map { BudgetMember(floor: $0) }, by: .proportional).shares
    }

    /// A member's watts, whole and consistent: 0 <= floor <= limit, and what it draws above its floor.
    private struct Bounds {
        var floor: Int
        var limit: Int
        var above: Int
    }

    /// More than any control's, and little enough to add up.
    private static let unlimited = 1_000_000_000_000

    private static func bounds(_ members: [BudgetMember]) -> [Bounds] {
        // Of whom neither draw nor limit is known is taken to draw as much as the largest of the others.
        let largest = members.lazy.compactMap { $0.draw ?? $0.limit }.max()
        return members.map { member in
            let limit = min(max(0, member.limit?.wholeWatts ?? unlimited), unlimited)
            let floor = min(max(0, member.floor.wholeWattsRoundedUp), limit)
            let draw = min((member.draw ?? member.limit ?? largest ?? .zero).wholeWattsRoundedUp, unlimited)
            return Bounds(floor: floor, limit: limit, above: max(0, draw - floor))
        }
    }
}
