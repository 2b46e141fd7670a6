import PowerEvents

/// How many of a breach's hints have come how far, in all and by priority.
public struct BreachProgress: Sendable, Hashable {
    public struct Counts: Sendable, Hashable {
        public var applied = 0
        public var failed = 0
        public var skipped = 0
        public var inProgress = 0

        public init() {}

        public var total: Int { applied + failed + skipped + inProgress }
    }

    public private(set) var counts = Counts()
    public private(set) var priorities: [Int: Counts] = [:]

    /// - Parameter code: nil for one that has not ended
    mutating func count(_ code: EnforcementResult.Code?, of priority: Int) {
        let place: WritableKeyPath<Counts, Int> =
            switch code {
            case .applied: \.applied
            case .failed: \.failed
            case .skipped: \.skipped
            case nil: \.inProgress
            }
        counts[keyPath: place] += 1
        priorities[priority, default: Counts()][keyPath: place] += 1
    }
}
