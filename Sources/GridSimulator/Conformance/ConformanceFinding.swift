public import PowerEvents

/// One event that does not keep to a rule.
public struct ConformanceFinding: Sendable, Hashable {
    public let rule: ConformanceRule
    /// What is wrong, with path and value.
    public let problem: String
    /// When the message came.
    public let time: Timestamp
    public let topic: String
    /// Of the event; nil where it has none.
    public let eventID: String?
}
