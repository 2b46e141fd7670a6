public import PowerEvents

/// One control or resource that takes a share of a budget.
public struct BudgetMember: Sendable, Hashable {
    /// It is never cut below this: the larger of its control's minimum and its `floor` in the inventory; zero where it has
    /// neither. A floor above ``limit`` counts as the limit, since a share never raises a member.
    public var floor: Watts
    /// What it draws by a fresh reading. nil: not measured, and then taken at its ``limit``; unknown power is never none.
    public var draw: Watts?
    /// What it is never raised above: its present limit or its control's maximum, whichever is lower. nil: unknown.
    public var limit: Watts?
    /// Its `shed_order`: with ``BudgetSplit/ordered`` the lowest gives first; nil is the last.
    public var order: Int?

    public init(floor: Watts = .zero, draw: Watts? = nil, limit: Watts? = nil, order: Int? = nil) {
        self.floor = floor
        self.draw = draw
        self.limit = limit
        self.order = order
    }
}
