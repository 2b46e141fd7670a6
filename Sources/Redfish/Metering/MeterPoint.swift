import StrictJSON

/// Where a BMC shows what one resource draws.
struct MeterPoint: Sendable, Hashable {
    /// The kinds of meters, the best first.
    enum Kind: String, Sendable, Hashable, CaseIterable {
        /// A value of a metric report: one document for many resources, each value with its time (DSP2046, MetricReport).
        case report
        /// `EnvironmentMetrics.PowerWatts.Reading` (DSP2046, EnvironmentMetrics).
        case metrics
        /// `Power.PowerControl[].PowerConsumedWatts` (DSP2046, Power).
        case powerControl = "power-control"
        /// A Sensor in watts (DSP2046, Sensor).
        case sensor
        /// `EnvironmentMetrics.EnergyJoules.Reading`, of which the difference over time is a power.
        case joules
        /// `EnvironmentMetrics.EnergykWh.Reading`, the same in coarser steps.
        case kilowattHours = "kilowatt-hours"
    }

    /// The resource's id in the inventory.
    let resource: String
    let kind: Kind
    let uri: String
    /// Of a report, the property that the value is of; of a `PowerControl` array, see ``PowerControlMember``.
    var member: String?

    init(resource: String, kind: Kind, uri: String, member: String? = nil) {
        self.resource = resource
        self.kind = kind
        self.uri = uri
        self.member = member
    }

    init?(json: JSONValue) {
        guard let resource = json["resource"]?.string, let uri = json["uri"]?.string, uri.hasPrefix("/"),
            let kind = json["kind"]?.string.flatMap(Kind.init(rawValue:))
        else { return nil }
        self.init(resource: resource, kind: kind, uri: uri, member: json["member"]?.string)
    }

    var json: JSONValue {
        var object = JSONObject()
        object["resource"] = .string(resource)
        object["kind"] = .string(kind.rawValue)
        object["uri"] = .string(uri)
        object["member"] = member.map(JSONValue.string)
        return .object(object)
    }
}
