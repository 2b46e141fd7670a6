public import PowerEvents
public import StrictJSON

/// What the meters of a site showed at one moment, in watts.
public struct MeterReading: Sendable, Hashable {
    /// When the meters took it.
    public var at: Timestamp
    public var feeds: [String: Double]
    /// By node, and by GPU, where they are metered.
    public var nodes: [String: Double]
    public var gpus: [String: Double]
    /// By feed: what would be drawn if nothing were capped; empty where nobody can tell.
    public var demand: [String: Double]

    public init(
        at: Timestamp, feeds: [String: Double], nodes: [String: Double] = [:], gpus: [String: Double] = [:],
        demand: [String: Double] = [:]
    ) {
        self.at = at
        self.feeds = feeds
        self.nodes = nodes
        self.gpus = gpus
        self.demand = demand
    }

    /// `{"time": …, "feeds": {…}}`, and where there are any `nodes`, `gpus` and `demand`; what is no power is not measured.
    ///
    /// - Returns: nil where there is no time, or no feed
    public init?(json: JSONValue) {
        guard let at = json["time"]?.string.flatMap({ Timestamp($0) }), json["feeds"]?.object != nil else { return nil }
        func watts(_ key: String) -> [String: Double] {
            var found: [String: Double] = [:]
            for member in json[key]?.object ?? JSONObject() {
                guard let watts = member.value.number?.double, watts.isFinite, (0...1e12).contains(watts) else {
                    continue
                }
                found[member.key] = watts
            }
            return found
        }
        self.init(
            at: at, feeds: watts("feeds"), nodes: watts("nodes"), gpus: watts("gpus"), demand: watts("demand"))
    }

    /// What a resource draws; nil where it is not metered.
    public func watts(of resource: String) -> Double? { nodes[resource] ?? gpus[resource] }
}

extension Watts {
    /// A measured power, to a tenth of a watt.
    public init(measured watts: Double) {
        self.init(microwatts: Int64(saturating: (watts * 10).rounded() * 100_000))
    }
}
