public import PowerEvents

/// What each member of a budget may draw.
public struct BudgetShares: Sendable, Hashable {
    /// In the order of the members, in whole watts.
    public let shares: [Watts]
    /// What was to be split.
    public let budget: Watts
    /// The sum of ``shares``. Below ``budget`` where all members are at their limits.
    public let total: Watts

    /// Whether the shares keep to the budget. They do not where the floors alone exceed it: everybody is at the floor then.
    public var isWithin: Bool { total <= budget }

    public init(shares: [Watts], budget: Watts) {
        self.shares = shares
        self.budget = budget
        total = shares.reduce(.zero, +)
    }
}
