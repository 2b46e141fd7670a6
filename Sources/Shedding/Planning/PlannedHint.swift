public import PowerEvents

/// A hint and what becomes of it.
public struct PlannedHint: Sendable, Hashable {
    public enum Verdict: Sendable, Hashable {
        /// Nothing is done, and why.
        case skipped(SkipReason)
        /// These controls are to satisfy the demand.
        case demand(Demand, of: [ControlKey])
        /// A suspend of what it lies in does it; its own demand counts where that suspend does not come about.
        case covered(by: ControlKey, Demand, of: [ControlKey])
        /// It is met through what is inside: plans of the same hint, each for one ``PlannedHint/member``, follow it.
        case spread(Spread)
    }

    /// What is done instead where a BMC does not offer the control that the policy prefers.
    public struct Fallback: Sendable, Hashable {
        public var demand: Demand
        public var controls: [ControlKey]

        public init(_ demand: Demand, of controls: [ControlKey]) {
            self.demand = demand
            self.controls = controls
        }
    }

    public var hint: ShedHint
    /// The resource inside the hint's that this part of it bears on; nil for the hint itself.
    public var member: String?
    public var verdict: Verdict
    /// Parts of the hint that were left out, such as protected nodes of a chassis.
    public var exceptions: [SkipReason]
    /// A later alert asks the same in other terms: this demand still holds, the later one is reported.
    public var isSuperseded = false
    public var fallback: Fallback?
    /// Whether the fallback has taken the place of the first choice. nil is no.
    public var hasFallenBack: Bool?

    public init(
        hint: ShedHint, member: String? = nil, verdict: Verdict, exceptions: [SkipReason] = [],
        fallback: Fallback? = nil
    ) {
        self.fallback = fallback
        self.hint = hint
        self.member = member
        self.verdict = verdict
        self.exceptions = exceptions
    }

    /// What this plan, or this part of one, is about.
    var resource: String { member ?? hint.resourceID }

    public var controls: [ControlKey] {
        switch verdict {
        case .skipped, .spread: []
        case .demand(_, let controls), .covered(_, _, let controls): controls
        }
    }

    public var demand: Demand? {
        switch verdict {
        case .skipped, .spread: nil
        case .demand(let demand, _), .covered(_, let demand, _): demand
        }
    }

    /// This plan with its fallback in the place of the first choice; as it is where there is none.
    func fallenBack() -> PlannedHint {
        guard let fallback, hasFallenBack != true else { return self }
        var plan = self
        plan.hasFallenBack = true
        switch verdict {
        case .skipped, .spread: return self
        case .demand: plan.verdict = .demand(fallback.demand, of: fallback.controls)
        case .covered(let cover, _, _): plan.verdict = .covered(by: cover, fallback.demand, of: fallback.controls)
        }
        return plan
    }
}
