import Synchronization

/// How long something took, over buckets that suit requests to slow controllers.
public final class Histogram: MetricSeries {
    public static let kind = MetricKind.histogram
    /// Upper bounds in seconds, from a fast answer on a warm connection to the longest request timeout.
    static let bounds: [Double] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60]

    private struct State {
        var buckets = [Int](repeating: 0, count: Histogram.bounds.count)
        var count = 0
        var sum = 0.0
    }

    private let state = Mutex(State())

    public init() {}

    public func observe(_ duration: Duration) {
        let seconds = duration / .seconds(1)
        state.withLock { state in
            state.count += 1
            state.sum += seconds
            if let index = Self.bounds.firstIndex(where: { seconds <= $0 }) { state.buckets[index] += 1 }
        }
    }

    public func write(_ name: String, _ labels: [PrometheusText.Label], to text: inout PrometheusText) {
        let snapshot = state.withLock { $0 }
        var cumulative = 0
        for (bound, count) in zip(Self.bounds, snapshot.buckets) {
            cumulative += count
            text.sample("\(name)_bucket", labels + [.init("le", PrometheusText.number(bound))], Double(cumulative))
        }
        text.sample("\(name)_bucket", labels + [.init("le", PrometheusText.number(.infinity))], Double(snapshot.count))
        text.sample("\(name)_sum", labels, snapshot.sum)
        text.sample("\(name)_count", labels, Double(snapshot.count))
    }
}
