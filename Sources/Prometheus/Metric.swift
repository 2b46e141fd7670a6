import Synchronization

/// What a metric is, as its `TYPE` line says.
public enum MetricKind: String, Sendable, Hashable {
    case counter, gauge, histogram
    /// A gauge under a name that a gauge should not have, kept for those who use it.
    case untyped
}

/// What a metric is measured in; part of its name, as Prometheus' conventions have it.
public enum MetricUnit: String, Sendable, Hashable, CaseIterable {
    case seconds, bytes, watts
}

/// One series of a metric.
public protocol MetricSeries: AnyObject, Sendable {
    static var kind: MetricKind { get }

    init()

    /// Writes what it shows now.
    func write(_ name: String, _ labels: [PrometheusText.Label], to text: inout PrometheusText)
}

/// A metric of any kind, as a page needs it.
public protocol AnyMetric: Sendable {
    var name: String { get }
    var kind: MetricKind { get }
    /// nil for what is counted in pieces.
    var unit: MetricUnit? { get }
    var help: String { get }

    func write(to text: inout PrometheusText)
}

/// A metric with its name, unit and help text, and its series by their labels. Declared once, as a property.
public final class Metric<Series: MetricSeries, Labels: MetricLabels>: AnyMetric {
    public let name: String
    public let kind: MetricKind
    public let unit: MetricUnit?
    public let help: String
    private let series: Mutex<[Labels: Series]>

    /// - Parameters:
    ///   - kind: the series' own, unless it is to be shown as another
    ///   - shown: labels of series that are there from the start, at 0, so that a rule on them never lacks them
    public init(
        _ name: String, _ unit: MetricUnit? = nil, help: String, as kind: MetricKind = Series.kind,
        shown: some Sequence<Labels>
    ) {
        self.name = name
        self.kind = kind
        self.unit = unit
        self.help = help
        series = Mutex(Dictionary(shown.map { ($0, Series()) }, uniquingKeysWith: { first, _ in first }))
    }

    /// The series of these labels, made at its first use.
    public subscript(labels: Labels) -> Series {
        series.withLock { series in
            if let known = series[labels] { return known }
            let new = Series()
            series[labels] = new
            return new
        }
    }

    /// Those of the series that there are.
    public var known: [Labels] { series.withLock { Array($0.keys) } }

    public func write(to text: inout PrometheusText) {
        text.family(name, kind, help: help)
        let rows = series.withLock { $0.map { (values: $0.key.values, series: $0.value) } }
        for row in rows.sorted(by: { $0.values.lexicographicallyPrecedes($1.values) }) {
            row.series.write(name, zip(Labels.names, row.values).map { .init($0, $1) }, to: &text)
        }
    }
}

extension Metric where Labels == NoLabels {
    /// A metric with one series, shown from the start.
    public convenience init(
        _ name: String, _ unit: MetricUnit? = nil, help: String, as kind: MetricKind = Series.kind
    ) {
        self.init(name, unit, help: help, as: kind, shown: [NoLabels()])
    }

    /// Its one series.
    public var series: Series { self[NoLabels()] }
}
