public import PowerEvents

/// What was asked for, what read-back caps guarantee, and what meters show: three numbers that are never mixed up.
public struct BreachPower: Sendable, Hashable {
    /// What machines drew before, less what was asked of them.
    public var asked = Watts.zero
    /// What they drew before, or may have drawn where that was not measured, less what they may draw by caps that were read
    /// back.
    public var confirmed = Watts.zero
    /// What they drew before less what fresh meters show now.
    public var measured = Watts.zero
    /// What machines with fresh meters drew before.
    var metered = Watts.zero
    /// What all of them drew before, or may have drawn.
    public var baseline = Watts.zero

    public init() {}

    /// The share of the watts that was measured, from 0 to 1.
    public var coverage: Double {
        guard baseline > .zero else { return 0 }
        return min(1, max(0, Double(metered.microwatts) / Double(baseline.microwatts)))
    }

    public static func + (left: BreachPower, right: BreachPower) -> BreachPower {
        var sum = left
        sum.asked = left.asked + right.asked
        sum.confirmed = left.confirmed + right.confirmed
        sum.measured = left.measured + right.measured
        sum.metered = left.metered + right.metered
        sum.baseline = left.baseline + right.baseline
        return sum
    }
}

extension BreachPower: CustomStringConvertible {
    /// `asked 4.80 kW, confirmed 4.71 kW, measured 4.66 kW (coverage 97 %)`, as reports say it.
    public var description: String {
        "asked \(Self.kilowatts(asked)) kW, confirmed \(Self.kilowatts(confirmed)) kW, measured"
            + " \(Self.kilowatts(measured)) kW (coverage \(Int((coverage * 100).rounded())) %)"
    }

    /// With two decimals, rounded.
    private static func kilowatts(_ watts: Watts) -> String {
        let hundredths = (watts.microwatts.magnitude + 5_000_000) / 10_000_000
        let fraction = String(hundredths % 100)
        let text = "\(hundredths / 100).\(fraction.count == 1 ? "0" : "")\(fraction)"
        return watts < .zero && hundredths > 0 ? "-" + text : text
    }
}
