import Foundation

/// When a BMC was first told to change, and when it was first asked what had become of the last change.
///
/// In nanoseconds of the system's monotonic clock, which all processes of a machine share.
public struct ShedTiming: Sendable, Hashable {
    public private(set) var write: UInt64?
    /// When the answer went out that shows what was written last.
    public private(set) var readBack: UInt64?
    private var path: String?

    public init() {}

    public static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    mutating func written(_ path: String) {
        if write == nil { write = Self.now }
        self.path = path
        readBack = nil
    }

    mutating func read(_ path: String, answeredAfter latency: Duration) {
        guard path == self.path, readBack == nil else { return }
        readBack = Self.now + UInt64(max(0, latency / .nanoseconds(1)))
    }
}
