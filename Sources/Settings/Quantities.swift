public import PowerEvents

/// The spellings of quantities in settings and on command lines: `30s`, `12.5kW`, `10%`, `1MiB`.
public enum Quantities {
    public static func duration(_ text: String) -> Duration? {
        guard let (number, unit) = split(text) else { return nil }
        let factors: [String: Double] = ["ms": 0.001, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400]
        if number == "0", unit.isEmpty { return .zero }
        // Three hundred years; longer ones would only overflow somewhere later.
        guard let factor = factors[unit], let value = Double(number), value * factor < 1e10 else { return nil }
        return .milliseconds((value * factor * 1000).rounded())
    }

    public static func power(_ text: String) -> Watts? {
        let units: [String: PowerUnit] = ["w": .watt, "kw": .kilowatt, "mw": .megawatt]
        guard let (number, unit) = split(text), let unit = units[unit.lowercased()] else { return nil }
        return PowerQuantity(decimal: number, unit: unit)?.watts
    }

    /// A power over `s`, `min` or `h`, such as `8kW/s`; nil where it is none, or not positive.
    public static func powerRate(_ text: String) -> PowerRate? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { $0.filter { $0 != " " } }
        guard parts.count == 2, let power = power(parts[0]),
            let seconds = ["s": 1, "min": 60, "h": 3600][parts[1]] as Int64?
        else { return nil }
        return PowerRate(wattsPerSecond: Watts(microwatts: power.microwatts / seconds))
    }

    public static func share(_ text: String) -> Share? {
        guard let (number, unit) = split(text), unit == "%", let value = Double(number), value <= 100 else {
            return nil
        }
        return Share(basisPoints: Int((value * 100).rounded()))
    }

    public static func byteCount(_ text: String) -> Int? {
        let factors = ["": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "kB": 1000, "MB": 1_000_000]
        guard let (number, unit) = split(text), let factor = factors[unit], let value = Int(number) else { return nil }
        let (product, overflow) = value.multipliedReportingOverflow(by: factor)
        return overflow ? nil : product
    }

    /// A duration as settings spell it, in the largest unit that leaves a whole number.
    public static func text(_ duration: Duration) -> String {
        let milliseconds = duration.milliseconds
        for (unit, factor) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)] as [(String, Int64)]
        where milliseconds >= factor && milliseconds % factor == 0 {
            return "\(milliseconds / factor)\(unit)"
        }
        return "\(milliseconds)ms"
    }

    /// A number without a sign, and the unit after it.
    private static func split(_ text: String) -> (number: String, unit: String)? {
        let number = text.prefix { $0.isASCII && ($0.isWholeNumber || $0 == ".") }
        let unit = text.dropFirst(number.count).drop { $0 == " " }
        guard number.count <= 15, number.first?.isWholeNumber == true, number.last?.isWholeNumber == true else {
            return nil
        }
        return (String(number), String(unit))
    }
}
