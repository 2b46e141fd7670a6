public import PowerEvents
public import StrictJSON

/// What the meters of one BMC showed of some resources, in one turn.
///
/// A meter is a fact beside what caps promise. What it does not show is not known: a resource is in ``watts``, or in
/// ``notMeasured`` with the reason, and unknown never means zero.
public struct MeterReading: Sendable, Hashable {
    /// Where the meters are, in the words of the Redfish module: kept, so that the next turn needs no search.
    public var locator: JSONValue
    /// By the resource's id.
    public var watts: [String: Watts]
    /// By the resource's id, why it was not measured, in words for people.
    public var notMeasured: [String: String]
    /// How old a value was when it was read, where the BMC tells the time of it.
    public var ages: [String: Duration]

    public init(
        locator: JSONValue, watts: [String: Watts] = [:], notMeasured: [String: String] = [:],
        ages: [String: Duration] = [:]
    ) {
        self.locator = locator
        self.watts = watts
        self.notMeasured = notMeasured.mapValues { StrangersText.cut($0) }
        self.ages = ages
    }

    /// Of the oldest value; zero where no age is known.
    public var age: Duration { ages.values.max() ?? .zero }
}
