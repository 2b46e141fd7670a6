/// An electrical power, exact to the microwatt; never negative in a message, so never negative here by decoding.
///
/// The contract writes powers as JSON numbers in watt, kilowatt or megawatt. Binary floating point would turn 0.7 kW
/// into something beside 700 W; integers of microwatts do not.
public struct Watts: Sendable, Hashable, Comparable {
    /// The power in millionths of a watt, from -4 to 4 terawatts: two powers can be added and subtracted without a thought.
    public let microwatts: Int64

    private static let bounds: ClosedRange<Int64> = -4_000_000_000_000_000_000...4_000_000_000_000_000_000

    /// What lies past 4 terawatts is held at that bound.
    public init(microwatts: Int64) {
        self.microwatts = min(max(microwatts, Self.bounds.lowerBound), Self.bounds.upperBound)
    }

    /// A power in whole watts. What lies past 4 terawatts is held at that bound.
    public init(_ watts: Int) { self.init(microwatts: Int64(watts).multipliedSaturated(by: 1_000_000)) }

    public static let zero = Watts(0)

    public static func + (left: Watts, right: Watts) -> Watts { Watts(microwatts: left.microwatts + right.microwatts) }

    public static func - (left: Watts, right: Watts) -> Watts { Watts(microwatts: left.microwatts - right.microwatts) }

    public static func < (left: Watts, right: Watts) -> Bool { left.microwatts < right.microwatts }

    /// Whole watts, towards zero: a cap is written as an integer (BMCs refuse fractions) and must not exceed the demand.
    public var wholeWatts: Int { Int(microwatts / 1_000_000) }

    /// Whole watts, away from zero: a floor must not be undercut by rounding.
    public var wholeWattsRoundedUp: Int { Int((microwatts + 999_999) / 1_000_000) }

    /// This power scaled by a share, rounded down to the microwatt.
    public func scaled(by share: Share) -> Watts {
        let (product, overflow) = microwatts.multipliedReportingOverflow(by: Int64(share.basisPoints))
        return overflow
            ? Watts(microwatts: microwatts / 10_000 * Int64(share.basisPoints)) : Watts(microwatts: product / 10_000)
    }
}

extension Watts: CustomStringConvertible {
    /// Such as `700 W` or `312.5 W`.
    public var description: String { "\(PowerQuantity(watts: self, unit: .watt).valueText) W" }
}
