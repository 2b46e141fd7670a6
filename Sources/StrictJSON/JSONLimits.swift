/// Bounds that a reader of foreign JSON holds, so that no message can cost more than its size suggests.
public struct JSONLimits: Sendable, Hashable {
    /// The deepest nesting of arrays and objects.
    public var depth: Int
    /// The longest number literal, in bytes: more digits than any quantity of this project has.
    public var numberLength: Int

    /// The most that any reader may be configured to take.
    public static let widest = JSONLimits(depth: 512, numberLength: 1000)

    public init(depth: Int = 32, numberLength: Int = 64) {
        self.depth = depth
        self.numberLength = numberLength
    }
}
