/// How fast a power may change: `max_rate` of the configuration.
public struct PowerRate: Sendable, Hashable {
    /// In one second; positive.
    public let wattsPerSecond: Watts

    /// - Returns: nil where it is not positive
    public init?(wattsPerSecond: Watts) {
        guard wattsPerSecond > .zero else { return nil }
        self.wattsPerSecond = wattsPerSecond
    }

    /// What that comes to in so long; negative times are none.
    public func watts(in duration: Duration) -> Watts {
        let seconds = max(0, min(duration / .seconds(1), 1e9))
        return Watts(microwatts: Int64(min(Double(wattsPerSecond.microwatts) * seconds, 4e18)))
    }
}

extension PowerRate: CustomStringConvertible {
    /// Such as `8000 W/s`.
    public var description: String { "\(wattsPerSecond)/s" }
}
