import PowerEvents
import StrictJSON

/// Numbers as BMCs write them: integers, floats, and strings that hold one.
enum RedfishNumber {
    /// A power in watts; nil for null, negative values, what is no number, and the sentinel that means "not set".
    static func watts(_ value: JSONValue?) -> Watts? {
        let text: String
        switch value {
        case .number(let number)?: text = number.text
        case .string(let string)?: text = string
        default: return nil
        }
        // 0xFFFFFFFF stands for "unset" on OpenBMC and NVIDIA controllers.
        guard let power = PowerQuantity(decimal: text, unit: .watt), power.watts < Watts(4_294_967_295) else {
            return nil
        }
        return power.watts
    }
}
