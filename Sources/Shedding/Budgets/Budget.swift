public import PowerEvents

/// Splitting watts over members. Exact to the watt, and the same for the same input.
///
/// Proportional: a member's share is its floor, and of what the budget leaves above all floors the part that it draws of
/// all that is drawn above them. No share is above what its member may draw now; what one cannot take goes to the others.
public enum Budget {
    public struct Shares: Sendable, Hashable {
        /// In the order of the members, in whole watts.
        public var shares: [Watts]

        public var total: Watts { shares.reduce(.zero, +) }
    }

    public static func split(_ budget: Watts, over members: [BudgetMember], by split: BudgetSplit) -> Shares {
        let places = members.map(Place.init)
        let floors = places.map(\.floor).reduce(0, +)
        let budget = max(0, min(budget.wholeWatts, Place.most * max(1, members.count)))
        let above = max(0, budget - floors)
        let given =
            switch split {
            case .proportional: proportional(above, places, Array(places.indices), rooms: places.map(\.room))
            case .ordered: ordered(above, places, members)
            }
        return Shares(shares: zip(places, given).map { Watts($0.floor + $1) })
    }

    /// Shares of which each is the smaller of two: while a breach is open a budget only tightens.
    public static func tighter(_ one: [Watts], _ other: [Watts]) -> [Watts] { zip(one, other).map(min) }

    /// Shares cut by what a meter shows above a budget: each by the same part of what it has above its floor.
    public static func cut(_ shares: [Watts], by excess: Watts, floors: [Watts]) -> [Watts] {
        let whole = shares.map(\.wholeWatts).reduce(0, +)
        let members = zip(shares, floors).map { BudgetMember(floor: min($1, $0), draw: $0, limit: $0) }
        let left = Watts(max(0, whole - max(0, excess.wholeWattsRoundedUp)))
        return tighter(shares, split(left, over: members, by: .proportional).shares)
    }

    /// A member in whole watts, within what can be computed with.
    private struct Place {
        let floor: Int
        /// What it may get above its floor.
        let room: Int
        /// What it draws above its floor.
        let weight: Int

        /// More than any machine draws, and little enough that a hundred thousand of them can be added and multiplied.
        static let most = 1_000_000_000

        init(_ member: BudgetMember) {
            let limit = member.limit.map { min(max(0, $0.wholeWatts), Self.most) } ?? Self.most
            floor = min(max(0, member.floor.wholeWattsRoundedUp), limit)
            room = limit - floor
            let draw = (member.draw ?? member.limit).map { min(max(0, $0.wholeWatts), Self.most) }
            weight = max(0, (draw ?? floor) - floor)
        }
    }

    /// - Parameter rooms: what each of the candidates can take at most
    /// - Returns: what each place gets above its floor; zero for those that are not among the candidates
    private static func proportional(
        _ above: Int, _ places: [Place], _ candidates: [Int], rooms: [Int]
    ) -> [Int] {
        var given = Array(repeating: 0, count: places.count)
        var left = above
        // Those that draw nothing above their floors come when the others have all they can take.
        let (drawing, idle) = (
            candidates.filter { places[$0].weight > 0 }, candidates.filter { places[$0].weight == 0 }
        )
        for (group, weigh) in [(drawing, { places[$0].weight }), (idle, { _ in 1 })] as [([Int], (Int) -> Int)] {
            // Who can take least for its weight is full first.
            var open = group.filter { rooms[$0] > 0 }.map { (place: $0, weight: weigh($0)) }.sorted {
                let (one, other) = (
                    Double(rooms[$0.place]) / Double($0.weight), Double(rooms[$1.place]) / Double($1.weight)
                )
                return one == other ? $0.place < $1.place : one < other
            }[...]
            var sum = open.map(\.weight).reduce(0, +)
            while let first = open.first, share(of: left, first.weight, sum) >= rooms[first.place] {
                given[first.place] = rooms[first.place]
                left -= rooms[first.place]
                sum -= first.weight
                open.removeFirst()
            }
            if open.isEmpty { continue }
            giveOut(left, among: open.sorted { $0.place < $1.place }, sum, to: &given)
            break
        }
        return given
    }

    private static func share(of watts: Int, _ weight: Int, _ sum: Int) -> Int {
        let (product, overflow) = watts.multipliedReportingOverflow(by: weight)
        return overflow ? Int(Double(watts) * (Double(weight) / Double(sum))) : product / sum
    }

    /// Whole watts whose sum is exact: those with the largest remainders get one more, the earlier of two alike.
    private static func giveOut(
        _ watts: Int, among open: [(place: Int, weight: Int)], _ sum: Int, to given: inout [Int]
    ) {
        var rest = watts
        var remainders: [(place: Int, remainder: Double)] = []
        for (place, weight) in open {
            let whole = min(rest, share(of: watts, weight, sum))
            given[place] = whole
            rest -= whole
            remainders.append((place, Double(watts) * Double(weight) / Double(sum) - Double(whole)))
        }
        let order = remainders.sorted { ($1.remainder, $0.place) < ($0.remainder, $1.place) }
        for (place, _) in order.prefix(rest) { given[place] += 1 }
    }

    /// Those that give last get what they draw first; what is left when all have that goes the same way.
    private static func ordered(_ above: Int, _ places: [Place], _ members: [BudgetMember]) -> [Int] {
        let groups = Dictionary(grouping: places.indices) { members[$0].order ?? .max }.sorted { $0.key > $1.key }
        var given = Array(repeating: 0, count: places.count)
        var left = above
        for isDrawn in [true, false] {
            let rooms = places.indices.map { index in
                (isDrawn ? min(places[index].weight, places[index].room) : places[index].room) - given[index]
            }
            for (_, group) in groups {
                let parts = proportional(left, places, group, rooms: rooms)
                for index in group { given[index] += parts[index] }
                left -= group.map { parts[$0] }.reduce(0, +)
            }
        }
        return given
    }
}
