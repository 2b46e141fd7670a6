import Foundation
public import PowerEvents

extension Timestamp {
    /// The wall clock.
    public static var now: Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
}
