import StrictJSON

/// The values of a metric report (DSP2046, MetricReport), with what NVIDIA firmware says of their age.
struct MetricReport {
    /// Longer ones are no light request: Lenovo's `PowerMetrics` holds a day of every sensor, 25,920 values.
    static let maximumValues = 4096
    /// Of what it takes a report, at most.
    static let maximumReports = 4

    private let values: [JSONValue]
    private let interval: Duration?
    private let isStale: Bool
    private let time: String?

    init(_ document: JSONValue) {
        values = document["MetricValues"]?.array ?? []
        interval = Self.interval(Self.own("SensingIntervalMilliseconds", document))
        isStale = Self.own("MetricValueStale", document)?.bool ?? false
        time = document["Timestamp"]?.string
    }

    var isTooLong: Bool { values.count > Self.maximumValues }

    /// What the values are of, in their order.
    var properties: [String] { values.compactMap { $0["MetricProperty"]?.string } }

    /// The newest value of a property.
    ///
    /// - Parameter property: as ``key(_:)`` has it
    func value(of property: String) throws(MeterValue.Absence) -> MeterValue {
        guard !isTooLong else { throw MeterValue.Absence(reason: "the report has \(values.count) values") }
        var newest: JSONValue?
        for value in values {
            guard let name = value["MetricProperty"]?.string, Self.key(name) == property else { continue }
            // Of times in one spelling the later text is the later time; without any, the later value.
            if let before = newest?["Timestamp"]?.string, let now = value["Timestamp"]?.string, now < before {
                continue
            }
            newest = value
        }
        guard let newest else { throw MeterValue.Absence(reason: "the report has no value of \(property)") }
        if isStale || Self.own("MetricValueStale", newest)?.bool ?? false {
            throw MeterValue.Absence(reason: "the BMC says that the value is stale")
        }
        let watts = try MeterValue.watts(newest["MetricValue"], "value")
        return MeterValue(
            amount: .watts(watts), time: newest["Timestamp"]?.string ?? time,
            interval: Self.interval(Self.own("SensingIntervalMilliseconds", newest)) ?? interval)
    }

    /// A property without the fragment that says which member of the sensor it is, in one spelling.
    static func key(_ property: String) -> String {
        var path = property.split(separator: "#", maxSplits: 1).first.map(String.init) ?? ""
        if path.hasSuffix("/Reading") { path.removeLast("/Reading".count) }
        return Links.canonical(path)
    }

    /// A member of the object itself, or of its vendor's part.
    private static func own(_ name: String, _ json: JSONValue) -> JSONValue? {
        if let value = json[name] { return value }
        return json["Oem"]?.object?.lazy.compactMap { $0.value[name] }.first
    }

    private static func interval(_ value: JSONValue?) -> Duration? {
        guard let text = value?.number?.text ?? value?.string, let milliseconds = Double(text),
            milliseconds > 0, milliseconds < 86_400_000
        else { return nil }
        return .milliseconds(Int(milliseconds))
    }
}
