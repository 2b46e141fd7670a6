public import PowerEvents

/// What is asked of something that is met through what is inside: a node through its GPUs, a rack through its nodes.
public struct Spread: Sendable, Hashable {
    /// What all of it together is to keep under; nil where each member is asked for a share of its own maximum.
    public var target: Watts?
    /// What nodes draw beside their GPUs, taken off before the rest was split.
    public var rests: [String: Watts]
    /// What members draw that count and are not touched, such as protected ones.
    public var fixed: [String: Watts]
    /// Members of which nothing tells what they draw, and nodes of which nothing tells what they draw beside their GPUs.
    public var unknown: [String]
    /// How often the members were cut further because a meter showed more than the target.
    public var corrections: Int
    /// What the meter showed when nothing more could be cut, or had been cut as often as it may.
    public var excess: Watts?

    public init(
        target: Watts?, rests: [String: Watts] = [:], fixed: [String: Watts] = [:], unknown: [String] = [],
        corrections: Int = 0, excess: Watts? = nil
    ) {
        self.target = target
        self.rests = rests
        self.fixed = fixed
        self.unknown = unknown
        self.corrections = corrections
        self.excess = excess
    }

    /// What is drawn and not capped, as far as it is known.
    var uncapped: Watts { rests.values.reduce(.zero, +) + fixed.values.reduce(.zero, +) }

    /// What of it is met through what is inside in turn.
    mutating func take(_ inner: Spread) {
        rests.merge(inner.rests, uniquingKeysWith: max)
        fixed.merge(inner.fixed, uniquingKeysWith: max)
        unknown += inner.unknown.filter { !unknown.contains($0) }
    }

    /// This without what a member draws that is not touched.
    func without(_ member: String) -> Spread {
        var rest = self
        if rest.fixed.removeValue(forKey: member) == nil { rest.unknown.removeAll { $0 == member } }
        return rest
    }

    /// This with what a later alert asks of the same: a budget only tightens.
    func tightened(by later: Spread) -> Spread? {
        if target == nil, later.target == nil { return self }
        guard let target, let other = later.target else { return nil }
        var tighter = later
        tighter.target = min(target, other)
        if other >= target {
            tighter.corrections = corrections
            tighter.excess = excess
        }
        return tighter
    }
}
