public import PowerEvents

/// How an attempt to bring a control to its goal ended.
public struct Outcome: Sendable, Hashable {
    public enum Ending: Sendable, Hashable {
        /// Read back; with what is worth saying of it.
        case applied([AppliedRemark])
        case failed(FailureReason)
        case skipped(SkipReason)
    }

    public var ending: Ending
    /// What the BMC was last seen to hold; nil where it could not be read.
    public var value: ControlValue?

    public init(_ ending: Ending, value: ControlValue? = nil) {
        self.ending = ending
        self.value = value
    }

    public static func applied(_ remarks: AppliedRemark..., value: ControlValue? = nil) -> Outcome {
        Outcome(.applied(remarks), value: value)
    }

    public static func failed(_ reason: FailureReason, value: ControlValue? = nil) -> Outcome {
        Outcome(.failed(reason), value: value)
    }

    public static func skipped(_ reason: SkipReason, value: ControlValue? = nil) -> Outcome {
        Outcome(.skipped(reason), value: value)
    }

    public var code: EnforcementResult.Code {
        switch ending {
        case .applied: .applied
        case .failed: .failed
        case .skipped: .skipped
        }
    }

    /// The name of why it did not succeed, or of the first thing worth saying of a success: for metrics and programs.
    public var reason: String? {
        switch ending {
        case .applied(let remarks): remarks.first?.name.rawValue
        case .failed(let reason): reason.name.rawValue
        case .skipped(let reason): reason.name.rawValue
        }
    }

    /// In words an operator can act on.
    public var message: String? {
        switch ending {
        case .applied(let remarks): remarks.isEmpty ? nil : remarks.map(\.description).joined(separator: "; ")
        case .failed(let reason): reason.description
        case .skipped(let reason): reason.description
        }
    }

    /// Why it failed, in words that are the same for the same; nil where it did not.
    public var cause: String? { if case .failed(let reason) = ending { reason.cause } else { nil } }

    /// The BMC could not be spoken to.
    public var isUnreachable: Bool { if case .failed(let reason) = ending { reason.isUnreachable } else { false } }

    /// Whether it tells nothing that another did not. A BMC that cannot be reached is told in other words at each attempt.
    func isNews(after other: Outcome?) -> Bool {
        guard let other else { return true }
        return self != other && !(isUnreachable && other.isUnreachable && value == other.value)
    }

    /// The BMC offers no such control, so that another way may be tried.
    public var isUnsupported: Bool { if case .failed(let reason) = ending { reason.isUnsupported } else { false } }

    /// An operator has stopped writes to it.
    public var isFrozen: Bool { ending == .failed(.frozen) }

    /// Nothing was to be done, or nothing need be.
    var isExemption: Bool { if case .skipped(let reason) = ending { reason.isExemption } else { false } }

    /// The power limit that was read back.
    var appliedLimit: Watts? { code == .applied ? value?.limit : nil }

    /// The control went away with its machine's power.
    var isNodeOff: Bool { if case .skipped(.nodeOff) = ending { true } else { false } }

    /// The breach was over before anything was done for it: there is nothing to be told of.
    public var isUntouched: Bool { ending == .applied([.neverBegun]) }

    /// Whether it was let go of by one breach while others held it.
    var isStillHeld: Bool {
        guard case .applied(let remarks) = ending else { return false }
        return remarks.contains { if case .stillHeld = $0 { true } else { false } }
    }

    /// How the release from a breach ended of a control that others still hold.
    func stillHeld(by breaches: [UUIDText]) -> Outcome {
        switch ending {
        case .applied: .applied(.stillHeld(by: breaches), value: value)
        case .failed: .failed(.stillHeld(by: breaches), value: value)
        case .skipped: .skipped(.stillHeld(by: breaches), value: value)
        }
    }
}
