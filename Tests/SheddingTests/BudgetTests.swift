import PowerEvents
import Shedding
import Testing

struct BudgetTests {
    private static func members(_ values: [(floor: Int, draw: Int?, limit: Int?)]) -> [BudgetMember] {
        values.map {
            BudgetMember(floor: Watts($0.floor), draw: $0.draw.map { Watts($0) }, limit: $0.limit.map { Watts($0) })
        }
    }

    private static func watts(_ shares: BudgetShares) -> [Int] { shares.shares.map(\.wholeWatts) }

    // MARK: Proportional

    /// floor_i + above x (draw_i - floor_i) / sum of (draw - floor).
    @Test func whatIsAboveTheFloorsIsCutInProportion() {
        let shares = Budget.split(
            Watts(2000), over: Self.members([(200, 1000, 1400), (200, 600, 1400), (400, 1200, 1400)]), by: .proportional
        )
        #expect(Self.watts(shares) == [200 + 480, 200 + 240, 400 + 480])
        #expect(shares.total == Watts(2000))
        #expect(shares.isWithin)
    }

    @Test func aMemberThatDrawsUnderItsFloorStaysAtTheFloor() {
        let shares = Budget.split(
            Watts(1000), over: Self.members([(300, 100, 700), (100, 900, 1400)]), by: .proportional)
        #expect(Self.watts(shares) == [300, 700])
    }

    /// Unknown power is never none.
    @Test func aMemberThatIsNotMeasuredIsTakenAtItsLimit() {
        let shares = Budget.split(
            Watts(900), over: Self.members([(0, nil, 1200), (0, 600, 1200)]), by: .proportional)
        #expect(Self.watts(shares) == [600, 300])
    }

    @Test func aMemberOfWhichNothingIsKnownIsTakenForTheLargest() {
        let shares = Budget.split(
            Watts(900), over: Self.members([(0, nil, nil), (0, 800, 1200), (0, 200, nil)]), by: .proportional)
        #expect(Self.watts(shares) == [400, 400, 100])
    }

    @Test func membersThatDrawNothingAboveTheirFloorsShareEvenly() {
        let shares = Budget.split(
            Watts(1001), over: Self.members([(100, 50, 700), (100, 100, 700), (100, 0, 700)]), by: .proportional)
        #expect(Self.watts(shares) == [334, 334, 333])
    }

    @Test func whatALimitedMemberCannotTakeGoesToTheOthers() {
        let shares = Budget.split(
            Watts(2100), over: Self.members([(0, 900, 500), (0, 600, 1400), (0, 300, 1400)]), by: .proportional)
        #expect(Self.watts(shares) == [500, 1067, 533])
    }

    /// Once the others are full, the idle ones are given what is left.
    @Test func whatNobodyElseCanTakeGoesToTheIdle() {
        let shares = Budget.split(
            Watts(1500), over: Self.members([(100, 900, 1000), (100, 100, 700), (100, 100, 700)]), by: .proportional)
        #expect(Self.watts(shares) == [1000, 250, 250])
    }

    @Test func aBudgetAboveAllLimitsLeavesEverybodyAtTheLimit() {
        let shares = Budget.split(Watts(5000), over: Self.members([(0, 900, 500), (0, 0, 300)]), by: .proportional)
        #expect(Self.watts(shares) == [500, 300])
        #expect(shares.isWithin)
    }

    @Test(arguments: BudgetSplit.allCases)
    func floorsThatExceedTheBudgetAreKeptAndSaid(split: BudgetSplit) {
        let shares = Budget.split(Watts(500), over: Self.members([(300, 900, 1000), (300, 400, 1000)]), by: split)
        #expect(Self.watts(shares) == [300, 300])
        #expect(!shares.isWithin)
    }

    /// Somebody's own lower limit stands: a share is never a rise.
    @Test func aFloorAboveThePresentLimitRaisesNobody() {
        let shares = Budget.split(Watts(900), over: Self.members([(400, 250, 300), (0, 900, 1000)]), by: .proportional)
        #expect(Self.watts(shares) == [300, 600])
    }

    @Test func partsOfAWattAreRoundedToTheSafeSide() {
        let member = BudgetMember(floor: Watts(microwatts: 100_500_000), limit: Watts(microwatts: 700_900_000))
        #expect(Self.watts(Budget.split(.zero, over: [member], by: .proportional)) == [101])
        #expect(Self.watts(Budget.split(Watts(9999), over: [member], by: .proportional)) == [700])
        #expect(Self.watts(Budget.split(Watts(microwatts: 500_999_999), over: [member], by: .proportional)) == [500])
    }

    @Test func membersThatAreAlikeHaveTheOddWattByPosition() {
        let shares = Budget.split(
            Watts(10), over: Self.members([(0, 7, 9), (0, 7, 9), (0, 7, 9), (0, 7, 9)]), by: .proportional)
        #expect(Self.watts(shares) == [3, 3, 2, 2])
    }

    @Test func noMembersNoShares() {
        let shares = Budget.split(Watts(10), over: [], by: .ordered)
        #expect(shares.shares.isEmpty)
        #expect(shares.isWithin)
    }

    @Test(arguments: BudgetSplit.allCases)
    func absurdNumbersAreHeldInRange(split: BudgetSplit) {
        let most = Watts(microwatts: .max)
        let members = [
            BudgetMember(floor: most, draw: most, limit: most, order: .max),
            BudgetMember(floor: Watts(-5), draw: Watts(-7), limit: Watts(-9), order: .min),
            BudgetMember(floor: most), BudgetMember(draw: most, limit: Watts(1)),
        ]
        for budget in [most, Watts(microwatts: .min), .zero, Watts(7)] {
            let shares = Budget.split(budget, over: members, by: split)
            #expect(shares.shares.allSatisfy { $0 >= .zero })
            #expect(Budget.cut(shares.shares, by: most, over: members, by: split).total <= shares.total)
        }
    }

    // MARK: Ordered

    private static let ranked = [
        BudgetMember(floor: Watts(100), draw: Watts(1000), limit: Watts(1400), order: 2),
        BudgetMember(floor: Watts(100), draw: Watts(1000), limit: Watts(1400)),
        BudgetMember(floor: Watts(100), draw: Watts(1000), limit: Watts(1400), order: 1),
        BudgetMember(floor: Watts(100), draw: Watts(400), limit: Watts(1400), order: 2),
    ]

    @Test(arguments: [
        (3400, [1000, 1000, 1000, 400]), (3000, [1000, 1000, 600, 400]), (2500, [1000, 1000, 100, 400]),
        (2100, [700, 1000, 100, 300]), (1300, [100, 1000, 100, 100]), (900, [100, 600, 100, 100]),
        (3600, [1000, 1200, 1000, 400]), (5600, [1400, 1400, 1400, 1400]),
    ])
    func theLowestOrderGivesFirst(budget: Int, expected: [Int]) {
        #expect(Self.watts(Budget.split(Watts(budget), over: Self.ranked, by: .ordered)) == expected)
    }

    // MARK: While a breach is open

    @Test func aBudgetOnlyTightens() {
        #expect(Budget.tighter([Watts(500), Watts(300)], [Watts(400), Watts(350)]) == [Watts(400), Watts(300)])
    }

    @Test func theExcessOfTheMeterIsCutFromTheShares() {
        let members = Self.members([(100, 1000, 1400), (100, 1000, 1400), (400, 1000, 1400)])
        let shares = [Watts(700), Watts(400), Watts(400)]
        let cut = Budget.cut(shares, by: Watts(300), over: members, by: .proportional)
        #expect(Self.watts(cut) == [500, 300, 400])
        #expect(cut.isWithin)
        #expect(cut.shares == Budget.cut(shares, by: Watts(300), floors: members.map(\.floor)))
        #expect(!Budget.cut(shares, by: Watts(1000), over: members, by: .proportional).isWithin)
        #expect(Budget.cut(shares, by: Watts(-20), over: members, by: .proportional).shares == shares)
    }

    @Test func theExcessIsCutInOrder() {
        let shares = [Watts(500), Watts(900), Watts(300), Watts(400)]
        #expect(
            Self.watts(Budget.cut(shares, by: Watts(300), over: Self.ranked, by: .ordered)) == [443, 900, 100, 357])
    }
}
