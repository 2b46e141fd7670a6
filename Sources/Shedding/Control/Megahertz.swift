public import PowerEvents

/// A clock speed in whole MHz, up to a petahertz: what lies past that is held there.
public struct Megahertz: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let megahertz: Int

    public init(_ megahertz: Int) { self.megahertz = min(max(megahertz, -1_000_000_000), 1_000_000_000) }

    /// A share of this speed, rounded down.
    public func scaled(by share: Share) -> Megahertz { Megahertz(megahertz * share.basisPoints / 10_000) }

    public static func < (left: Megahertz, right: Megahertz) -> Bool { left.megahertz < right.megahertz }

    public var description: String { "\(megahertz) MHz" }
}

/// The values that a speed limit may be set to.
public struct SpeedRange: Sendable, Hashable {
    public var minimum: Megahertz?
    public var maximum: Megahertz?

    public init(minimum: Megahertz? = nil, maximum: Megahertz? = nil) {
        self.minimum = minimum
        self.maximum = maximum
    }
}
