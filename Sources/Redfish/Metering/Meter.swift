import StrictJSON

/// The meters of a machine: of a node or chassis, and of the GPUs that are asked for with it. Found by a search at patrol,
/// and kept as a ``Shedding/MeterReading/locator``.
struct Meter: Sendable, Hashable {
    /// One for each resource that is measured; the machine's own first.
    var points: [MeterPoint] = []
    /// By resource, why none was found for it.
    var missing: [String: String] = [:]
    /// The ComputerSystem that tells whether a machine that shows 0 W is off.
    var system: String?

    /// More documents are not read in one turn: the GPUs behind them are not measured.
    static let maximumDocuments = 18

    init(points: [MeterPoint] = [], missing: [String: String] = [:], system: String? = nil) {
        self.points = points
        self.missing = missing
        self.system = system
    }

    /// - Returns: nil where it is of another version, or no meter
    init?(json: JSONValue?) {
        guard let list = json?["points"]?.array else { return nil }
        let points = list.compactMap(MeterPoint.init)
        guard points.count == list.count, !points.isEmpty else { return nil }
        var missing: [String: String] = [:]
        for member in json?["missing"]?.object ?? JSONObject() { missing[member.key] = member.value.string ?? "" }
        self.init(points: points, missing: missing, system: json?["system"]?.string)
    }

    var json: JSONValue {
        var object = JSONObject()
        object["points"] = .array(points.map(\.json))
        if !missing.isEmpty {
            var reasons = JSONObject()
            for (resource, reason) in missing.sorted(by: { $0.key < $1.key }) { reasons[resource] = .string(reason) }
            object["missing"] = .object(reasons)
        }
        object["system"] = system.map(JSONValue.string)
        return .object(object)
    }

    /// Whether it was looked for with all of these.
    func knows(_ resources: [String]) -> Bool {
        resources.allSatisfy { id in missing[id] != nil || points.contains { $0.resource == id } }
    }

    /// The documents to read for these, the machine's own first.
    func documents(for resources: Set<String>) -> [String] {
        var seen: Set<String> = []
        return points.filter { resources.contains($0.resource) }.map(\.uri)
            .filter { seen.insert(Links.canonical($0)).inserted }
    }
}
