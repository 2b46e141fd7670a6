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
    /// Such as `8 kW/s`, or in minutes what is no whole number in a second: `500 kW/min`.
    public var description: String {
        if wattsPerSecond.microwatts % 1_000_000 == 0 { return Self.text(wattsPerSecond) + "/s" }
        let minute = wattsPerSecond.microwatts.multipliedSaturated(by: 60).addingSaturated(500_000)
        return Self.text(Watts(Int(minute / 1_000_000))) + "/min"
    }

    private static func text(_ watts: Watts) -> String {
        watts.microwatts % 1_000_000_000 == 0
            ? "\(PowerQuantity(watts: watts, unit: .kilowatt).valueText) kW" : watts.description
    }
}
