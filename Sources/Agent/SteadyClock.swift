public import PowerEvents

/// A clock that starts at the wall clock's time and then only counts: what is due in 30 s is due in 30 s, whatever NTP
/// or an administrator does to the wall clock meanwhile.
public struct SteadyClock: Sendable {
    private let origin: Timestamp
    private let start = ContinuousClock.now

    public init(origin: Timestamp = WallClock.now()) { self.origin = origin }

    public func now() -> Timestamp { origin + start.duration(to: .now) }
}
