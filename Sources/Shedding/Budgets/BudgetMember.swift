public import PowerEvents

/// Something that gives its part of a budget.
public struct BudgetMember: Sendable, Hashable {
    /// Under this it is never cut: the larger of what its control allows and what the inventory says.
    public var floor: Watts
    /// What it was last measured to draw; nil where nothing tells, which counts as its ``limit``.
    public var draw: Watts?
    /// What it may draw now at most, by its present limit or the control's maximum; nil where nothing tells.
    public var limit: Watts?
    /// Where members are cut one after the other, the lower numbers first; nil comes last.
    public var order: Int?

    public init(floor: Watts, draw: Watts?, limit: Watts?, order: Int? = nil) {
        self.floor = floor
        self.draw = draw
        self.limit = limit
        self.order = order
    }
}

/// How a budget is split over its members.
public enum BudgetSplit: String, Sendable, Hashable, CaseIterable {
    /// What each draws above its floor is cut in the same proportion.
    case proportional
    /// Member by member, by their order: each down to its floor before the next gives anything.
    case ordered
}
