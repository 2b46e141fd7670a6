/// A JSON number by its text, so that `0.1` stays `0.1` and a restored set point is written as it was read.
public struct JSONNumber: Sendable, Hashable, CustomStringConvertible {
    /// The literal, as RFC 8259 section 6 spells numbers.
    public let text: String

    init(literal: String) { text = literal }

    public init(_ value: some BinaryInteger) { text = String(value) }

    /// A finite double in Swift's shortest exact spelling; nil for NaN and the infinities, which JSON cannot write.
    public init?(_ value: Double) {
        guard value.isFinite else { return nil }
        if let integer = Int64(exactly: value) { text = String(integer) } else { text = "\(value)" }
    }

    /// A literal such as `12.50`; nil where the text is no JSON number.
    public init?(text: String) {
        guard case .number(let number)? = try? JSONValue(parsing: Array(text.utf8), limits: .widest) else {
            return nil
        }
        self = number
    }

    public var double: Double { Double(text) ?? .nan }

    /// The value where it is a whole number that fits, whatever its spelling (`6720.0`, `1e3`).
    public var int: Int? { Int(text) ?? Int(exactly: double) }

    public var description: String { text }

    /// Numbers are equal when their values are: BMCs answer `6720.0` to a written `6720`.
    public static func == (left: JSONNumber, right: JSONNumber) -> Bool {
        left.text == right.text || left.double == right.double
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(double) }
}
