public import CoreMetrics
import Synchronization

/// Collects the process's metrics and renders them in the Prometheus text format (version 0.0.4).
///
/// A `MetricsFactory`, handed to each metric by its maker, so that several agents in one process stay apart.
public final class PrometheusRegistry: MetricsFactory {
    private struct Key: Hashable {
        let label: String
        let dimensions: [String]
    }

    private struct State {
        var counters: [Key: PrometheusCounter] = [:]
        var gauges: [Key: PrometheusGauge] = [:]
        var histograms: [Key: PrometheusHistogram] = [:]
    }

    private let state = Mutex(State())
    private let help: [String: String]

    /// - Parameter help: by metric name, what operators should know of it
    public init(help: [String: String] = [:]) { self.help = help }

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        counter(Self.key(label, dimensions))
    }

    public func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        let key = Self.key(label, dimensions)
        return state.withLock { state in
            if let known = state.gauges[key] { return known }
            let gauge = PrometheusGauge()
            state.gauges[key] = gauge
            return gauge
        }
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let key = Self.key(label, dimensions)
        return state.withLock { state in
            if let known = state.histograms[key] { return known }
            let histogram = PrometheusHistogram()
            state.histograms[key] = histogram
            return histogram
        }
    }

    public func destroyCounter(_ handler: any CounterHandler) {}
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    public func destroyTimer(_ handler: any TimerHandler) {}

    /// The page that Prometheus scrapes.
    public func render() -> String {
        let (counters, gauges, histograms) = state.withLock { ($0.counters, $0.gauges, $0.histograms) }
        var page = ""
        func family(_ name: String, _ type: String, _ lines: [String]) {
            if let text = help[name] { page += "# HELP \(name) \(text)\n" }
            page += "# TYPE \(name) \(type)\n"
            for line in lines.sorted() { page += line + "\n" }
        }
        for (name, members) in Dictionary(grouping: counters, by: \.key.label).sorted(by: { $0.key < $1.key }) {
            family(name, "counter", members.map { Self.line(name, $0.key.dimensions, "\($0.value.value)") })
        }
        for (name, members) in Dictionary(grouping: gauges, by: \.key.label).sorted(by: { $0.key < $1.key }) {
            family(name, "gauge", members.map { Self.line(name, $0.key.dimensions, Self.text($0.value.value)) })
        }
        for (name, members) in Dictionary(grouping: histograms, by: \.key.label).sorted(by: { $0.key < $1.key }) {
            if let text = help[name] { page += "# HELP \(name) \(text)\n" }
            page += "# TYPE \(name) histogram\n"
            for (key, histogram) in members.sorted(by: {
                $0.key.dimensions.lexicographicallyPrecedes($1.key.dimensions)
            }) {
                page += histogram.lines(name: name, dimensions: key.dimensions)
            }
        }
        return page
    }

    private func counter(_ key: Key) -> PrometheusCounter {
        state.withLock { state in
            if let known = state.counters[key] { return known }
            let counter = PrometheusCounter()
            state.counters[key] = counter
            return counter
        }
    }

    private static func key(_ label: String, _ dimensions: [(String, String)]) -> Key {
        Key(label: label, dimensions: dimensions.map { "\($0.0)=\"\(escape($0.1))\"" })
    }

    private static func escape(_ value: String) -> String {
        value.reduce(into: "") { text, character in
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.append(character)
            }
        }
    }

    static func line(_ name: String, _ dimensions: [String], _ value: String) -> String {
        name + (dimensions.isEmpty ? "" : "{\(dimensions.joined(separator: ","))}") + " " + value
    }

    static func text(_ value: Double) -> String { Int64(exactly: value).map(String.init) ?? "\(value)" }
}

final class PrometheusCounter: CounterHandler {
    private let count = Atomic<Int64>(0)
    var value: Int64 { count.load(ordering: .relaxed) }
    func increment(by amount: Int64) { count.wrappingAdd(amount, ordering: .relaxed) }
    func reset() { count.store(0, ordering: .relaxed) }
}

final class PrometheusGauge: RecorderHandler {
    private let bits = Atomic<UInt64>(0)
    var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }
    func record(_ value: Int64) { record(Double(value)) }
    func record(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }
}

/// A histogram of durations in seconds, over buckets that suit requests to slow controllers.
final class PrometheusHistogram: TimerHandler {
    private static let bounds: [Double] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60]

    private struct State {
        var buckets = [Int](repeating: 0, count: PrometheusHistogram.bounds.count)
        var count = 0
        var sum = 0.0
    }

    private let state = Mutex(State())

    func recordNanoseconds(_ duration: Int64) {
        let seconds = Double(duration) / 1e9
        state.withLock { state in
            state.count += 1
            state.sum += seconds
            if let index = Self.bounds.firstIndex(where: { seconds <= $0 }) { state.buckets[index] += 1 }
        }
    }

    func lines(name: String, dimensions: [String]) -> String {
        let snapshot = state.withLock { $0 }
        var text = ""
        var cumulative = 0
        for (bound, count) in zip(Self.bounds, snapshot.buckets) {
            cumulative += count
            text +=
                PrometheusRegistry.line(
                    "\(name)_bucket", dimensions + ["le=\"\(PrometheusRegistry.text(bound))\""], "\(cumulative)") + "\n"
        }
        text += PrometheusRegistry.line("\(name)_bucket", dimensions + ["le=\"+Inf\""], "\(snapshot.count)") + "\n"
        text += PrometheusRegistry.line("\(name)_sum", dimensions, "\(snapshot.sum)") + "\n"
        text += PrometheusRegistry.line("\(name)_count", dimensions, "\(snapshot.count)") + "\n"
        return text
    }
}
