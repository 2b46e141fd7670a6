/// A share of something, such as `60%`: from 0 to 100 percent, exact to a hundredth of a percent.
public struct Share: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Hundredths of a percent, 0...10,000.
    public let basisPoints: Int

    /// - Returns: nil outside 0...10,000.
    public init?(basisPoints: Int) {
        guard (0...10_000).contains(basisPoints) else { return nil }
        self.basisPoints = basisPoints
    }

    private init(unchecked basisPoints: Int) { self.basisPoints = basisPoints }

    /// A share in whole percent; what lies outside 0...100 is held at the bound.
    public static func percent(_ value: Int) -> Share { Share(unchecked: min(max(value, 0), 100) * 100) }

    public static func < (left: Share, right: Share) -> Bool { left.basisPoints < right.basisPoints }

    /// How many of `count` this share is, rounded up: a share of something is never none of it, unless it is 0%.
    public func of(_ count: Int) -> Int {
        count / 10_000 * basisPoints + (count % 10_000 * basisPoints + 9_999) / 10_000
    }

    public var description: String {
        let fraction = basisPoints % 100
        return fraction == 0 ? "\(basisPoints / 100)%" : "\(Double(basisPoints) / 100)%"
    }
}
