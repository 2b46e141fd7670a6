import Synchronization

/// A number that only grows while the process runs.
public final class Counter: MetricSeries {
    public static let kind = MetricKind.counter
    private let total = Mutex(0.0)

    public init() {}

    public var value: Double { total.withLock { $0 } }

    public func increment(by amount: Int = 1) { total.withLock { $0 += Double(max(0, amount)) } }

    /// For what somebody else adds up: brings the counter to that total, never back.
    public func advance(to value: Double) { total.withLock { $0 = value > $0 ? value : $0 } }

    public func write(_ name: String, _ labels: [PrometheusText.Label], to text: inout PrometheusText) {
        text.sample(name, labels, value)
    }
}

extension Metric where Series == Counter, Labels == NoLabels {
    public func increment(by amount: Int = 1) { series.increment(by: amount) }

    public func advance(to value: Double) { series.advance(to: value) }
}
