import PowerEvents
import Shedding
import Testing

/// What holds of every split, over ten thousand generated ones.
struct BudgetPropertyTests {
    private struct Case {
        var members: [BudgetMember]
        var budget: Watts
        var split: BudgetSplit

        init(seed: UInt64) {
            var numbers = SeededNumbers(seed: seed)
            // Few distinct values at times, so that there are ties.
            let scale = [3, 20, 1400, 12_000, 130_000].randomElement(using: &numbers) ?? 20
            members = (0..<Int.random(in: 1...16, using: &numbers)).map { _ in
                func some(_ range: ClosedRange<Int>) -> Watts? {
                    Int.random(in: 0...9, using: &numbers) == 0 ? nil : Watts(Int.random(in: range, using: &numbers))
                }
                return BudgetMember(
                    floor: some(0...scale / 3) ?? .zero, draw: some(0...scale), limit: some(0...scale * 4 / 3),
                    order: Bool.random(using: &numbers) ? nil : Int.random(in: 1...3, using: &numbers))
            }
            budget = Watts(Int.random(in: 0...(scale * members.count * 5 / 4), using: &numbers))
            split = Bool.random(using: &numbers) ? .proportional : .ordered
        }

        func shares(of budget: Watts) -> [Int] {
            Budget.split(budget, over: members, by: split).shares.map(\.wholeWatts)
        }
    }

    private static func bounds(_ member: BudgetMember) -> (floor: Int, limit: Int) {
        let limit = member.limit?.wholeWatts ?? 1_000_000_000_000
        return (min(member.floor.wholeWatts, limit), limit)
    }

    @Test func sumsAreExactAndBoundsAreKept() {
        for seed in 0..<10_000 as Range<UInt64> {
            let sample = Case(seed: seed)
            let shares = sample.shares(of: sample.budget)
            let bounds = sample.members.map(Self.bounds)
            let (floors, limits) = (bounds.reduce(0) { $0 + $1.floor }, bounds.reduce(0) { $0 + $1.limit })
            let isBounded = zip(shares, bounds).allSatisfy { ($1.floor...$1.limit).contains($0) }
            #expect(isBounded, "seed \(seed)")
            #expect(shares.reduce(0, +) == min(max(sample.budget.wholeWatts, floors), limits), "seed \(seed)")
        }
    }

    @Test func aSmallerBudgetRaisesNobody() {
        for seed in 0..<10_000 as Range<UInt64> {
            let sample = Case(seed: seed)
            var numbers = SeededNumbers(seed: ~seed)
            let smaller = [1, 2, 50, sample.budget.wholeWatts].randomElement(using: &numbers) ?? 1
            let less = sample.shares(of: Watts(sample.budget.wholeWatts - smaller))
            let isLower = zip(less, sample.shares(of: sample.budget)).allSatisfy { $0 <= $1 }
            #expect(isLower, "seed \(seed)")
        }
    }

    /// Whatever order the members come in, each has the same share; members that are alike may change places.
    @Test func theOrderOfTheMembersDecidesNothing() {
        for seed in 0..<10_000 as Range<UInt64> {
            var sample = Case(seed: seed)
            var numbers = SeededNumbers(seed: ~seed)
            func byMember() -> [BudgetMember: [Int]] {
                Dictionary(grouping: zip(sample.members, sample.shares(of: sample.budget)), by: \.0)
                    .mapValues { $0.map(\.1).sorted() }
            }
            // Those that differ in nothing that counts, such as no draw and a draw at the limit, may differ by the odd watt.
            let before = byMember()
            sample.members.shuffle(using: &numbers)
            let after = byMember()
            let isSame = before.allSatisfy { member, shares in
                guard let others = after[member], others.count == shares.count else { return false }
                return zip(shares, others).allSatisfy { abs($0 - $1) <= 1 }
            }
            #expect(isSame, "seed \(seed)")
        }
    }

    /// Where no limit is met, every share is within two watts of floor_i + above x (draw_i - floor_i) / sum of (draw - floor).
    @Test func sharesFollowTheFormula() {
        for seed in 0..<10_000 as Range<UInt64> {
            var numbers = SeededNumbers(seed: seed)
            let members = (0..<Int.random(in: 1...24, using: &numbers)).map { _ in
                let floor = Int.random(in: 0...400, using: &numbers)
                let size = [300, 1400, 130_000].randomElement(using: &numbers) ?? 300
                return BudgetMember(floor: Watts(floor), draw: Watts(floor + Int.random(in: 1...size, using: &numbers)))
            }
            let floors = members.reduce(0) { $0 + $1.floor.wholeWatts }
            let weights = members.map { ($0.draw ?? .zero).wholeWatts - $0.floor.wholeWatts }
            let above = Int.random(in: 0...weights.reduce(0, +), using: &numbers)
            let shares = Budget.split(Watts(floors + above), over: members, by: .proportional).shares
            for (member, (weight, share)) in zip(members, zip(weights, shares)) {
                let exact =
                    Double(member.floor.wholeWatts) + Double(above) * Double(weight) / Double(weights.reduce(0, +))
                #expect(abs(Double(share.wholeWatts) - exact) < 2, "seed \(seed)")
            }
        }
    }

    @Test func cutsNeverRaiseAndNeverUndercutFloors() {
        for seed in 0..<10_000 as Range<UInt64> {
            let sample = Case(seed: seed)
            let shares = Budget.split(sample.budget, over: sample.members, by: sample.split)
            var numbers = SeededNumbers(seed: ~seed)
            let excess = Int.random(in: 0...max(1, shares.total.wholeWatts), using: &numbers)
            let cut = Budget.cut(shares.shares, by: Watts(excess), over: sample.members, by: sample.split)
            let floors = sample.members.reduce(0) { $0 + Self.bounds($1).floor }
            let isBounded = zip(sample.members, zip(shares.shares, cut.shares)).allSatisfy { member, pair in
                pair.1 <= pair.0 && pair.1.wholeWatts >= Self.bounds(member).floor
            }
            #expect(isBounded, "seed \(seed)")
            #expect(cut.total.wholeWatts == max(floors, shares.total.wholeWatts - excess), "seed \(seed)")
        }
    }

    /// A whole site in one budget, no two members alike; quadratic work would take minutes.
    @Test(.timeLimit(.minutes(1)), arguments: BudgetSplit.allCases)
    func aWholeSiteIsOneBudget(split: BudgetSplit) {
        var numbers = SeededNumbers(seed: 16)
        let members = (0..<20_000).map { place in
            BudgetMember(
                floor: Watts(Int.random(in: 0...300, using: &numbers)),
                draw: Watts(300 + place), limit: Watts(700 + Int.random(in: 0...30_000, using: &numbers)),
                order: Int.random(in: 0...5000, using: &numbers))
        }
        let budget = Watts(members.reduce(0) { $0 + ($1.draw ?? .zero).wholeWatts } * 7 / 10)
        #expect(Budget.split(budget, over: members, by: split).total == budget)
    }
}
