/// What tells the series of one metric apart: the names of its labels, and the values of one series.
public protocol MetricLabels: Hashable, Sendable {
    /// As `[a-zA-Z_][a-zA-Z0-9_]*`, in the order in which they are written.
    static var names: [String] { get }
    /// One for each name. An empty value is the same as no such label, and is not written.
    var values: [String] { get }
}

/// For a metric with one series.
public struct NoLabels: MetricLabels {
    public static let names: [String] = []
    public var values: [String] { [] }

    public init() {}
}
