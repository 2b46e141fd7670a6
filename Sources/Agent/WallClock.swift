import Foundation
public import PowerEvents

/// The system's clock.
public enum WallClock {
    public static func now() -> Timestamp {
        Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
    }
}
