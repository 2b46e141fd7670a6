public import PowerEvents

/// What the agent that led before may still have on its way to a control: BMCs take a minute for some requests, and what
/// was sent outlives its sender.
public struct FormerWrites: Sendable, Hashable {
    /// When a BMC must have answered the last of it; nil where it must have. Until then nothing is said that it could
    /// make untrue, and no power is switched that it may switch.
    public var lastAnswer: Timestamp?
    /// When the last of it has arrived, whatever a BMC makes of it; nil where it has, and nothing was read since: what shows
    /// may be of that. Never before ``lastAnswer``.
    public var lastArrival: Timestamp?
    /// Whether a change of power may be among it.
    public var isWithReset: Bool

    public init(lastAnswer: Timestamp?, lastArrival: Timestamp?, isWithReset: Bool) {
        self.lastAnswer = lastAnswer
        self.lastArrival = lastArrival
        self.isWithReset = isWithReset
    }
}
