public import StrictJSON

/// A power together with the unit that its sender wrote it in (`PowerUnit` and `LoadConstraint` of the contract).
public struct PowerQuantity: Sendable, Hashable {
    public var watts: Watts
    public var unit: PowerUnit

    public init(watts: Watts, unit: PowerUnit) {
        self.watts = watts
        self.unit = unit
    }

    /// A decimal text in a unit, exact; what is finer than a microwatt is rounded to the nearest.
    ///
    /// - Returns: nil where the text is no JSON number, is negative, or reaches a terawatt.
    public init?(decimal text: String, unit: PowerUnit) {
        guard let microwatts = Self.microwatts(text, decimals: unit.decimals) else { return nil }
        self.init(watts: Watts(microwatts: microwatts), unit: unit)
    }

    /// The value as shortest exact decimal text in ``unit``.
    public var valueText: String {
        let digits = String(watts.microwatts.magnitude)
        let padded = String(repeating: "0", count: max(0, unit.decimals + 1 - digits.count)) + digits
        let whole = padded.dropLast(unit.decimals)
        var fraction = padded.suffix(unit.decimals)
        while fraction.last == "0" { fraction.removeLast() }
        return (watts.microwatts < 0 ? "-" : "") + whole + (fraction.isEmpty ? "" : "." + fraction)
    }

    /// As the contract writes it: `{"value": 12.5, "unit": "kilowatt"}`.
    public var json: JSONValue {
        ["value": JSONNumber(text: valueText).map(JSONValue.number) ?? .null, "unit": .string(unit.rawValue)]
    }

    /// A terawatt, in microwatts: more than any feed carries, and far enough from the end of the type to compute with.
    private static let maximumMicrowatts: Int64 = 1_000_000_000_000_000_000

    /// Whether it is a whole number of up to five digits, which is below the bound in any unit.
    private static func isShortWhole(_ text: String) -> Bool {
        let bytes = text.utf8
        return (1...5).contains(bytes.count) && bytes.first != 0x30 && bytes.allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func microwatts(_ text: String, decimals: Int) -> Int64? {
        // What nearly all are: whole, and not large.
        if isShortWhole(text), let value = Int64(text) {
            return (0..<decimals).reduce(value) { product, _ in product * 10 }
        }
        guard let literal = JSONNumber(text: text)?.text else { return nil }
        let parts = literal.lowercased().split(separator: "e", omittingEmptySubsequences: false)
        guard let exponent = parts.count == 1 ? 0 : Int(parts[1], in: -99...99) else { return nil }
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let fraction = mantissa.count == 2 ? mantissa[1] : ""
        let isNegative = mantissa[0].hasPrefix("-")
        var digits = mantissa[0].drop { $0 == "-" || $0 == "0" } + fraction
        let shift = decimals + exponent - fraction.count
        var roundsUp = false
        if shift >= 0 {
            digits += String(repeating: "0", count: shift)
        } else {
            roundsUp = -shift <= digits.count && (digits.suffix(-shift).first.map { $0 >= "5" } ?? false)
            digits = digits.dropLast(-shift)
        }
        guard let value = digits.isEmpty ? 0 : Int64(digits), value < maximumMicrowatts else { return nil }
        let rounded = value + (roundsUp ? 1 : 0)
        return isNegative && rounded != 0 ? nil : rounded
    }
}
