public import PowerEvents

/// What never changes of a feed: the contract's `FeedMetadata`.
public struct FeedProfile: Sendable, Hashable {
    public let tag: String
    public let minimum: PowerQuantity
    public let maximum: PowerQuantity
    /// The constraint while no load target is active.
    public let defaultConstraint: PowerQuantity

    public init(tag: String, minimum: PowerQuantity, maximum: PowerQuantity, defaultConstraint: PowerQuantity) {
        self.tag = tag
        self.minimum = minimum
        self.maximum = maximum
        self.defaultConstraint = defaultConstraint
    }
}
