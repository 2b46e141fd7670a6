/// Arithmetic on numbers that strangers wrote. Swift's own operators end the process where a result does not fit; these
/// hold it at the bound of the type instead.
///
/// Whatever came out of a message, a document of a BMC, a header, a file or a journal is computed with by these, or was
/// held in a range before.
extension FixedWidthInteger {
    public func addingSaturated(_ other: Self) -> Self {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    public func subtractingSaturated(_ other: Self) -> Self {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other < 0 ? .max : .min) : difference
    }

    public func multipliedSaturated(by other: Self) -> Self {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? ((self < 0) == (other < 0) ? .max : .min) : product
    }

    /// How far apart two numbers are.
    public func distanceSaturated(to other: Self) -> Self {
        self < other ? other.subtractingSaturated(self) : subtractingSaturated(other)
    }

    /// A floating-point number towards zero, held at the bounds of the type; NaN is 0.
    public init(saturating value: Double) {
        if let exact = Self(exactly: value.rounded(.towardZero)) {
            self = exact
        } else {
            self = value.isNaN ? 0 : value < 0 ? .min : .max
        }
    }

    /// A number within a range; nil where it is none, or lies outside.
    public init?(_ text: some StringProtocol, in range: ClosedRange<Self>) {
        guard let value = Self(text), range.contains(value) else { return nil }
        self = value
    }
}
