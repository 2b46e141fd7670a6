public import PowerEvents

/// What one step of the ``Core`` wants remembered.
public struct Records: Sendable {
    public var changes = Changes()
    /// Reports to be signed and published, in this order.
    public var reports: [Report] = []
    /// Alerts of the inbox that are dealt with by this.
    public var handled: [Int64] = []
    /// Payloads that may be accepted another time, although they were not now.
    public var forgotten: [PayloadMark] = []
    /// Breaches whose latest report is to be published again, under the same ids.
    public var repeated: [UUIDText] = []
    /// Alerts that contradict what is known.
    public var refused: [(alert: ReceivedAlert, reason: RefusalReason)] = []

    public init() {}

    public var isEmpty: Bool {
        changes.isEmpty && reports.isEmpty && handled.isEmpty && forgotten.isEmpty && repeated.isEmpty
            && refused.isEmpty
    }
}
