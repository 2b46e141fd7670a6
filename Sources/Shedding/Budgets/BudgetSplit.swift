/// How a budget is split over its members (`split:` of the configuration).
public enum BudgetSplit: String, Sendable, Hashable, CaseIterable {
    /// What is above the floors is cut in the same proportion of each member's measured draw.
    case proportional
    /// Member by member: the lowest `shed_order` gives first, down to its floor.
    case ordered
}
