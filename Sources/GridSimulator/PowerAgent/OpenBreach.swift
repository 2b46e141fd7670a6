public import PowerEvents

/// A breach of one feed that is not over.
public struct OpenBreach: Sendable, Hashable {
    public var id: UUIDText
    public var detectedAt: Timestamp
    /// What is breached.
    public var target: LoadTarget
    public var status = BreachAlert.Status.active
    public var severity: BreachAlert.Severity
    /// All that was asked for, by priority.
    public var hints: [ShedHint] = []
    /// Watts of each resource when it was first asked.
    public var before: [String: Double] = [:]
    /// The highest load that was seen, and the latest; watts.
    public var measured: Double
    /// Resources of which an enforcement event says `failed` or `skipped`.
    public var failed: Set<String> = []
    /// When more was last asked for.
    public var askedAt: Timestamp
    public var publishedAt: Timestamp
    /// Since when it would have been over.
    public var calmSince: Timestamp?

    public init(
        id: UUIDText, detectedAt: Timestamp, target: LoadTarget, severity: BreachAlert.Severity, measured: Double
    ) {
        self.id = id
        self.detectedAt = detectedAt
        self.target = target
        self.severity = severity
        self.measured = measured
        askedAt = detectedAt
        publishedAt = detectedAt
    }
}
