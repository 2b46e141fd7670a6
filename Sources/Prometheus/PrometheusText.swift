/// A page in Prometheus' text exposition format, version 0.0.4.
public struct PrometheusText: Sendable {
    /// For `Content-Type`.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    public struct Label: Sendable, Hashable {
        public let name: String
        public let value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public private(set) var page = ""

    public init() {}

    /// A page of metrics, by name.
    public init(_ metrics: some Sequence<any AnyMetric>) {
        for metric in metrics.sorted(by: { $0.name < $1.name }) { metric.write(to: &self) }
    }

    /// Begins a metric. Its samples follow at once.
    public mutating func family(_ name: String, _ kind: MetricKind, help: String) {
        page += "# HELP \(name) \(Self.escape(help, quotes: false))\n# TYPE \(name) \(kind.rawValue)\n"
    }

    public mutating func sample(_ name: String, _ labels: [Label], _ value: Double) {
        page += name
        let written = labels.filter { !$0.value.isEmpty }
        if !written.isEmpty {
            let pairs = written.map { "\($0.name)=\"\(Self.escape($0.value, quotes: true))\"" }
            page += "{\(pairs.joined(separator: ","))}"
        }
        page += " \(Self.number(value))\n"
    }

    /// As Go's `ParseFloat` reads it.
    static func number(_ value: Double) -> String {
        if let whole = Int64(exactly: value) { return String(whole) }
        if value.isNaN { return "NaN" }
        return value.isInfinite ? (value < 0 ? "-Inf" : "+Inf") : "\(value)"
    }

    /// Backslashes and line ends, and quotes in the values of labels.
    private static func escape(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
