/// When the next transaction may begin. A value without a clock.
///
/// Each transaction waits for the disk, and writes whole pages for the smallest record. So under load one waits until
/// more has gathered for it. Whoever comes to a journal at rest does not wait.
struct CommitPace: Sendable {
    /// Of the time, as much as transactions may take before they have to wait.
    private static let share = 0.05
    /// No record waits for company longer than this where transactions are as quick as a disk's.
    static let longest = Duration.milliseconds(5)
    /// Where they are slow, such as those that several machines agree on, twice as long as the last one took, and no longer
    /// than this: each costs all of these machines work, however little is in it.
    static let longestOfSlow = Duration.milliseconds(30)
    /// What a journal at rest saves up: enough for the first intents of a breach to go out one by one.
    private static let savings = Duration.milliseconds(10)
    /// One large transaction, such as an alert with thousands of hints, is no reason for those after it to wait.
    private static let mostCharged = Duration.milliseconds(2)

    private var credit = CommitPace.savings
    private var end: ContinuousClock.Instant?
    private var last = Duration.zero

    init() {}

    /// How long the next transaction waits.
    func wait(now: ContinuousClock.Instant) -> Duration {
        guard let end, credit < .zero else { return .zero }
        let longest = max(Self.longest, min(last * 2, Self.longestOfSlow))
        return max(.zero, min(longest, credit * -1 / Self.share) - (now - end))
    }

    /// A transaction has ended, ``wait(now:)`` after the one before or later.
    mutating func took(_ duration: Duration, now: ContinuousClock.Instant) {
        let rest = end.map { now - $0 - duration } ?? .zero
        // What was waited the longest for is forgiven.
        credit = min(Self.savings, max(.zero, credit + rest * Self.share)) - min(duration, Self.mostCharged)
        end = now
        last = duration
    }
}
