import PowerEvents
import Shedding
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

    /// As ``watts(_:)``, with 0 as "not told": a minimum or maximum of 0 is no bound.
    static func positiveWatts(_ value: JSONValue?) -> Watts? { watts(value).flatMap { $0 > .zero ? $0 : nil } }

    /// Whether it is one of the numbers by which controllers say that nothing is set: 0xFFFFFFFF, and for speeds 0xFFFF
    /// and 0 too.
    static func isUnset(_ value: JSONValue, orSpeed isSpeed: Bool = false) -> Bool {
        guard let number = (value.number?.text ?? value.string).flatMap(Double.init) else { return false }
        return number == 4_294_967_295 || isSpeed && (number == 65_535 || number == 0)
    }

    /// What was read where it is a power, as it can be written.
    static func writableWatts(_ value: JSONValue?) -> JSONNumber? {
        watts(value) == nil ? nil : value.map(writable)?.number
    }

    /// What was read, as it can be written: some show numbers as strings, and none takes them so.
    static func writable(_ value: JSONValue) -> JSONValue {
        guard let text = value.string, let number = try? JSONValue(parsing: Array(text.utf8)), number.number != nil
        else { return value }
        return number
    }

    /// A frequency in MHz; nil for the sentinels 65535 and 4294967295, which NVIDIA controllers show for "not set".
    static func megahertz(_ value: JSONValue?) -> Megahertz? {
        guard let text = value?.number?.text ?? value?.string, let number = Double(text), number > 0,
            number < 65_535, number.rounded() == number
        else { return nil }
        return Megahertz(Int(number))
    }
}
