public import StrictJSON

/// A time window; open at either end where the bound is absent.
public struct Interval: Sendable, Hashable {
    public var start: Timestamp?
    public var end: Timestamp?

    public init(start: Timestamp? = nil, end: Timestamp? = nil) {
        self.start = start
        self.end = end
    }

    init(_ field: Field) throws {
        start = try field.optional("start_time")?.timestamp()
        end = try field.optional("end_time")?.timestamp()
    }

    var json: JSONValue {
        var object = JSONObject()
        object["start_time"] = start.map { .string($0.description) }
        object["end_time"] = end.map { .string($0.description) }
        return .object(object)
    }
}

/// The payload of `grid.loadtarget.set.v1`: what an independent system vendor asks feeds to stay under.
public struct LoadTargetSet: Sendable, Hashable {
    public struct Target: Sendable, Hashable {
        public var interval: Interval
        /// Empty means all feeds; the contract says so of this message alone.
        public var feedTags: [String]
        /// nil is the contract's `null`: the constraint is removed.
        public var loadConstraint: PowerQuantity?
        public var bestEffort: Bool

        public init(
            interval: Interval = Interval(), feedTags: [String] = [], loadConstraint: PowerQuantity?,
            bestEffort: Bool = false
        ) {
            self.interval = interval
            self.feedTags = feedTags
            self.loadConstraint = loadConstraint
            self.bestEffort = bestEffort
        }
    }

    /// At least one.
    public var targets: [Target]

    public init(targets: [Target]) { self.targets = targets }
}

extension LoadTargetSet {
    /// - Throws: ``EventDecodingError``, also where the payload is of another kind.
    public init(json: JSONValue) throws {
        try PayloadKind.require(.loadTargetSet, of: json)
        let list = try Field(json).required("targets")
        let fields = try list.elements()
        guard !fields.isEmpty else { throw list.error("should hold at least one target") }
        targets = try fields.map { field in
            let constraint = try field.required("load_constraint")
            return Target(
                interval: try Interval(field.required("interval")),
                feedTags: try field.optional("feed_tags")?.elements().map { try $0.string() } ?? [],
                loadConstraint: constraint.value.isNull ? nil : try constraint.power(),
                bestEffort: try field.optional("strategy")?.optional("best_effort")?.bool() ?? false)
        }
    }

    public var json: JSONValue {
        [
            "targets": .array(
                targets.map { target in
                    [
                        "interval": target.interval.json,
                        "feed_tags": .array(target.feedTags.map(JSONValue.string)),
                        "load_constraint": target.loadConstraint?.json ?? .null,
                        "strategy": ["best_effort": .bool(target.bestEffort)],
                    ]
                })
        ]
    }
}
