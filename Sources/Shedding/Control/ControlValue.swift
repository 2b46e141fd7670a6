public import PowerEvents

/// What a control holds, apart from how its BMC spells it.
public enum ControlValue: Sendable, Hashable, CustomStringConvertible {
    /// A power limit; nil where none is in force.
    case limit(Watts?)
    case power(PowerState)
    /// A speed limit; nil where none is in force.
    case speed(Megahertz?)
    case mode(String)

    public var limit: Watts? { if case .limit(let watts) = self { watts } else { nil } }

    /// Whether it is a limit that limits nothing.
    public var isUnlimited: Bool { self == .limit(nil) || self == .speed(nil) }

    /// Equal but for rounding: BMCs keep limits in steps of up to a watt.
    public func matches(_ other: ControlValue) -> Bool {
        if case .limit(let left?) = self, case .limit(let right?) = other {
            return (left.microwatts - right.microwatts).magnitude <= 1_000_000
        }
        // Clocks come in steps of up to 15 MHz.
        if case .speed(let left?) = self, case .speed(let right?) = other {
            return abs(left.megahertz - right.megahertz) <= 15
        }
        return self == other
    }

    /// Whether it is what a BMC may make of the other by its steps: nearer than one of them, or, where it does not
    /// tell them, within a twentieth, which is as near as the steps of any known firmware.
    func isRounding(of other: ControlValue, increment: Watts?) -> Bool {
        guard case .limit(let left?) = self, case .limit(let right?) = other, let increment else {
            return isNear(other)
        }
        return (left.microwatts - right.microwatts).magnitude < max(increment, Watts(1)).microwatts.magnitude
            || matches(other)
    }

    /// Within a twentieth of the other: as near as the steps of any known firmware.
    func isNear(_ other: ControlValue) -> Bool { isWithin(20, of: other) }

    /// Within an eighth: as far as firmware was seen to go that keeps what it was told by its own lights.
    func isLikely(_ other: ControlValue) -> Bool { isWithin(8, of: other) }

    private func isWithin(_ part: Int, of other: ControlValue) -> Bool {
        if case .limit(let left?) = self, case .limit(let right?) = other {
            return (left.microwatts - right.microwatts).magnitude <= right.microwatts.magnitude / UInt64(part)
        }
        if case .speed(let left?) = self, case .speed(let right?) = other {
            return abs(left.megahertz - right.megahertz) <= right.megahertz / part
        }
        return self == other
    }

    public var description: String {
        switch self {
        case .limit(let watts?): watts.description
        case .limit(nil): "no limit"
        case .power(let state): state.rawValue
        case .speed(let speed?): speed.description
        case .speed(nil): "no speed limit"
        case .mode(let mode): mode
        }
    }
}
