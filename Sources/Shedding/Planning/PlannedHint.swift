public import PowerEvents

/// A hint and what becomes of it.
public struct PlannedHint: Sendable, Hashable, Codable {
    public enum Verdict: Sendable, Hashable, Codable {
        /// Nothing is done, and why.
        case skipped(String)
        /// These controls are to satisfy the demand.
        case demand(Demand, of: [ControlKey])
        /// A suspend of what it lies in does it; its own demand counts where that suspend does not come about.
        case covered(by: ControlKey, Demand, of: [ControlKey])
    }

    public var hint: ShedHint
    public var verdict: Verdict
    /// Parts of the hint that were left out, such as protected nodes of a chassis.
    public var exceptions: [String]
    /// A later alert asks the same in other terms: this demand still holds, the later one is reported.
    public var isSuperseded = false

    public init(hint: ShedHint, verdict: Verdict, exceptions: [String] = []) {
        self.hint = hint
        self.verdict = verdict
        self.exceptions = exceptions
    }

    public var controls: [ControlKey] {
        switch verdict {
        case .skipped: []
        case .demand(_, let controls), .covered(_, _, let controls): controls
        }
    }

    public var demand: Demand? {
        switch verdict {
        case .skipped: nil
        case .demand(let demand, _), .covered(_, let demand, _): demand
        }
    }
}
