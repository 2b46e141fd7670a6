/// What a resource is in, in one word. The worst is first.
public enum ResourceState: String, Sendable, Hashable, CaseIterable {
    /// A control of it did not come to what a breach asks.
    case failed
    /// Its BMC does not do what is asked: unreachable, untrusted, login refused…
    case failing
    /// Its BMC is well, and something else would stop an enforcement.
    case notEnforceable = "not_enforceable"
    /// A breach asks something of it that has not come to an end.
    case inProgress = "in_progress"
    /// Its breaches are resolved; it is yet to be put back.
    case releasing
    /// A breach asked something of it that was left out.
    case skipped
    /// Its BMC answers again and is not relied on yet.
    case recovering
    /// Read back as a breach asks.
    case applied
    /// Not looked at yet.
    case unknown
    /// Nothing is held, and a cap could be.
    case enforceable
    case protected
    /// Without a BMC, such as a rack.
    case place

    /// As people read it.
    public var words: String { self == .unknown ? "not looked at yet" : rawValue.replacing("_", with: " ") }

    /// Lower is worse.
    public var rank: Int { Self.ranks[self] ?? 0 }

    /// Thousands are sorted by it.
    private static let ranks = Dictionary(uniqueKeysWithValues: allCases.enumerated().map { ($0.element, $0.offset) })
}
