import Synchronization

/// A number that goes up and down.
public final class Gauge: MetricSeries {
    public static let kind = MetricKind.gauge
    private let bits = Atomic<UInt64>(0)

    public init() {}

    public var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    public func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

    public func write(_ name: String, _ labels: [PrometheusText.Label], to text: inout PrometheusText) {
        text.sample(name, labels, value)
    }
}

extension Metric where Series == Gauge, Labels == NoLabels {
    public func set(_ value: Int) { series.set(Double(value)) }

    public func set(_ isSo: Bool) { series.set(isSo ? 1 : 0) }
}
