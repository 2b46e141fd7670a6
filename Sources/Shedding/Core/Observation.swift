public import PowerEvents

/// What would have been done for a breach in `mode: enforce`.
public struct Observation: Sendable, Hashable {
    public let breach: UUIDText
    public let feed: String
    public let severity: BreachAlert.Severity
    /// Of the hints that it is of.
    let fingerprint: UInt64
    public let at: Timestamp
    /// Hints of the alert.
    public let hints: Int
    /// Controls that would be capped or slowed, nodes that would be suspended, and hints that would be skipped.
    public let caps: Int
    public let suspends: Int
    public let skipped: Int
    /// What is asked for in watts, of what the machines draw, as far as that is known.
    public let asked: Watts
    public let baseline: Watts

    /// `165 capped, 2 suspended, 8 skipped; 48.00 kW asked for of 120.00 kW`
    public var summary: String {
        let counts = [(caps, "capped"), (suspends, "suspended"), (skipped, "skipped")].filter { $0.0 > 0 }
            .map { "\($0.0) \($0.1)" }
        let words = counts.isEmpty ? "nothing to do" : counts.joined(separator: ", ")
        return baseline > .zero ? "\(words); \(asked) asked for of \(baseline)" : words
    }
}
