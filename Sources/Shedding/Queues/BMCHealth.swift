public import PowerEvents

/// What the patrol makes of one BMC.
///
/// | it is | and a look shows | then it is |
/// |---|---|---|
/// | anything | a trouble of the whole BMC | failing, from the first such look |
/// | unknown, healthy | none | healthy |
/// | failing | none | recovering |
/// | recovering | none, for the second time in a row and in another round of the patrol | healthy |
///
/// Reads for a breach are looks as well.
/// While it is failing or recovering, none of its resources counts as enforceable: one that comes and goes is not relied on.
public struct BMCHealth: Sendable, Hashable {
    public enum State: String, Sendable, Hashable, CaseIterable {
        /// Not looked at yet.
        case unknown
        case healthy
        case failing
        /// Answers again, and is not relied on yet.
        case recovering
    }

    public private(set) var state = State.unknown
    /// What is wrong, or was until it began to recover.
    public private(set) var trouble: BMCTrouble?
    /// Since when it is not healthy; nil while it is, and before the first look.
    public private(set) var since: Timestamp?
    /// When it first answered again.
    private var recoveredAt: Timestamp?

    /// Of a round of the patrol, so long must lie between the two looks: those of one machine's parts come at once.
    static let shareOfRound = 0.5

    public init() {}

    /// - Parameters:
    ///   - trouble: what a look showed to be wrong with the whole BMC; nil for nothing
    ///   - round: how long the patrol takes from one look at a BMC to the next
    /// - Returns: whether its state or its trouble's cause is another one now
    @discardableResult
    mutating func look(_ trouble: BMCTrouble?, round: Duration, now: Timestamp) -> Bool {
        let before = (state, self.trouble?.cause)
        if let trouble {
            if since == nil { since = now }
            state = .failing
            self.trouble = trouble
            recoveredAt = nil
        } else if let recoveredAt {
            if now - recoveredAt >= round * Self.shareOfRound { becomeHealthy() }
        } else if state == .failing {
            state = .recovering
            recoveredAt = now
        } else {
            becomeHealthy()
        }
        return before != (state, self.trouble?.cause)
    }

    private mutating func becomeHealthy() {
        state = .healthy
        (trouble, since, recoveredAt) = (nil, nil, nil)
    }

    /// Whether its resources may count as enforceable.
    public var isReliable: Bool { state == .healthy || state == .unknown }
}
