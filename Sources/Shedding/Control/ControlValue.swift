public import PowerEvents

/// What a control holds, apart from how its BMC spells it.
public enum ControlValue: Sendable, Hashable, Codable, CustomStringConvertible {
    /// A power limit; nil where none is in force.
    case limit(Watts?)
    case power(PowerState)

    public var limit: Watts? { if case .limit(let watts) = self { watts } else { nil } }

    /// Equal but for rounding: BMCs keep limits in steps of up to a watt.
    public func matches(_ other: ControlValue) -> Bool {
        if case .limit(let left?) = self, case .limit(let right?) = other {
            return (left.microwatts - right.microwatts).magnitude <= 1_000_000
        }
        return self == other
    }

    public var description: String {
        switch self {
        case .limit(let watts?): watts.description
        case .limit(nil): "no limit"
        case .power(let state): state.rawValue
        }
    }
}
