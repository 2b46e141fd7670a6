import Foundation

/// A time since the machine started, its sleep included.
public struct BootInstant: Sendable, Hashable, Comparable {
    public let nanoseconds: UInt64

    public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    public static func < (left: BootInstant, right: BootInstant) -> Bool { left.nanoseconds < right.nanoseconds }

    public static func + (left: BootInstant, right: Duration) -> BootInstant {
        let (seconds, rest) = right.components
        let whole = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let offset = whole.overflow ? (seconds < 0 ? Int64.min : .max) : whole.partialValue
        let sum = offset.addingReportingOverflow(rest / 1_000_000_000)
        let nanoseconds = sum.overflow ? offset : sum.partialValue
        if nanoseconds < 0 {
            let less = left.nanoseconds.subtractingReportingOverflow(nanoseconds.magnitude)
            return BootInstant(nanoseconds: less.overflow ? 0 : less.partialValue)
        }
        let more = left.nanoseconds.addingReportingOverflow(UInt64(nanoseconds))
        return BootInstant(nanoseconds: more.overflow ? .max : more.partialValue)
    }

    public static func - (left: BootInstant, right: BootInstant) -> Duration {
        left >= right
            ? .nanoseconds(Int64(clamping: left.nanoseconds - right.nanoseconds))
            : .nanoseconds(-Int64(clamping: right.nanoseconds - left.nanoseconds))
    }
}

/// `CLOCK_BOOTTIME`: what counts for a lease also counts while the machine sleeps.
enum BootClock {
    static func now() -> BootInstant { BootInstant(nanoseconds: nanoseconds()) }

    /// Seconds and nanoseconds are read as the two words that they are: the members of a C structure belong to whichever
    /// module was loaded first, and that changes from build to build.
    static func nanoseconds() -> UInt64 {
        withUnsafeTemporaryAllocation(of: timespec.self, capacity: 1) { buffer in
            guard let time = buffer.baseAddress, clock_gettime(CLOCK_BOOTTIME, time) == 0 else { return .max }
            let words = UnsafeRawPointer(time)
            return UInt64(words.load(as: Int.self)) * 1_000_000_000
                + UInt64(words.load(fromByteOffset: MemoryLayout<Int>.size, as: Int.self))
        }
    }
}
