/// The units in which the contract writes powers.
public enum PowerUnit: String, Sendable, Hashable, CaseIterable {
    case watt, kilowatt, megawatt

    /// How many decimal digits of this unit a microwatt is away.
    var decimals: Int {
        switch self {
        case .watt: 6
        case .kilowatt: 9
        case .megawatt: 12
        }
    }
}
