import PowerEvents

/// Divides whole watts among parties by weight, none of which takes more than it can.
///
/// Largest remainders alone would not do: with them a party can gain when there is less to divide (the Alabama paradox).
/// Here the parties take their part of what is left one after the other, those first that are full first; what one takes grows
/// by at most a watt when there is a watt more, so nobody loses by it. Parties that are alike count as one, which divides its
/// part evenly. Every part is within about a watt of the exact one.
enum WattDivision {
    struct Party: Equatable {
        /// Above 0; a party of none takes part only where all have none.
        var weight: Int
        /// What it can take, 0 or more.
        var most: Int
    }

    /// - Parameter watts: 0 or more
    /// - Returns: the parties' parts in their order; their sum is `watts`, or what all of them can take
    static func divide(_ watts: Int, over parties: [Party]) -> [Int] {
        var parts = Array(repeating: 0, count: parties.count)
        let places = parties.indices.filter { parties[$0].most > 0 && parties[$0].weight > 0 }.sorted {
            isBefore((parties[$0], $0), (parties[$1], $1))
        }
        var left = watts
        var weights = places.reduce(0) { $0.addingSaturated(parties[$1].weight) }
        var alike = places[...]
        while let first = alike.first.map({ parties[$0] }) {
            let group = alike.prefix { parties[$0] == first }
            let count = group.count
            let weight = first.weight.multipliedSaturated(by: count)
            let part = min(first.most.multipliedSaturated(by: count), share(left, weight, of: weights))
            for (rank, place) in group.enumerated() { parts[place] = part / count + (rank < part % count ? 1 : 0) }
            left -= part
            weights = weights.subtractingSaturated(weight)
            alike = alike[group.endIndex...]
        }
        return parts
    }

    /// By how soon a party is full; of those full at once the heaviest, so that only for parties that are alike their places
    /// decide.
    private static func isBefore(_ left: (party: Party, place: Int), _ right: (party: Party, place: Int)) -> Bool {
        let (one, other) = (left.party, right.party)
        let (early, late) = (product(one.most, other.weight), product(other.most, one.weight))
        if early != late { return early < late }
        return one.weight == other.weight ? left.place < right.place : one.weight > other.weight
    }

    private static func product(_ left: Int, _ right: Int) -> UInt128 { UInt128(left) * UInt128(right) }

    /// `watts` x `weight` / `weights`, to the nearest whole watt.
    private static func share(_ watts: Int, _ weight: Int, of weights: Int) -> Int {
        guard weight < weights else { return watts }
        let whole = UInt128(weights)
        return Int((product(watts, weight) + whole / 2) / whole)
    }
}
