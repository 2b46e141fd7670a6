public import PowerEvents

/// What a meter showed of a resource that a breach bears on: evidence, by which nothing is decided.
public struct PowerReading: Sendable, Hashable {
    public var breach: UUIDText
    public var resource: String
    public var watts: Watts
    public var at: Timestamp
    /// Whether it is in what its node draws, which is metered as well.
    public var isPart: Bool
    /// Whether it is what was drawn before anything was asked.
    public var isBaseline: Bool

    public init(
        breach: UUIDText, resource: String, watts: Watts, at: Timestamp, isPart: Bool = false, isBaseline: Bool = false
    ) {
        self.isPart = isPart
        self.isBaseline = isBaseline
        self.breach = breach
        self.resource = resource
        self.watts = watts
        self.at = at
    }
}
