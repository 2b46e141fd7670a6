import Foundation

/// The time of simulated machines: seconds since 1970, which never go back.
public struct FleetClock: Sendable {
    private let seconds: @Sendable () -> Double

    /// - Parameter seconds: asked from many threads
    public init(_ seconds: @escaping @Sendable () -> Double) { self.seconds = seconds }

    public var now: Double { seconds() }

    /// The wall clock of the process' start, and what has passed since.
    public static let live: FleetClock = {
        let (start, wall) = (ContinuousClock.now, Date().timeIntervalSince1970)
        return FleetClock { wall + (ContinuousClock.now - start) / .seconds(1) }
    }()
}
