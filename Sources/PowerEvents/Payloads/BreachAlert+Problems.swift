public import StrictJSON

extension BreachAlert {
    /// Everything that keeps a payload from being an alert, for people who write one; empty where it is one. What reads
    /// alerts from the bus stops at the first (``init(json:)``).
    ///
    /// - Parameter limit: how many are looked for
    public static func problems(in json: JSONValue, limit: Int = 100) -> [EventDecodingError] {
        var found = Findings(limit: limit)
        found.try { try PayloadKind.require(.breachAlert, of: json) }
        guard json.object != nil else { return found.errors }
        let payload = Field(json)
        found.try { _ = try payload.required("feed_tag").nonEmptyString() }
        found.try { _ = try payload.required("status").choice(Status.self) }
        found.try { _ = try payload.required("severity").choice(Severity.self) }
        found.within {
            try payload.required("breach")
        } do: { breach, found in
            found.try { _ = try breach.required("breach_id").uuid() }
            found.try { _ = try breach.required("detected_at").timestamp() }
            found.try { _ = try breach.optional("resolved_at")?.timestamp() }
        }
        found.within {
            try payload.required("target")
        } do: { target, found in
            found.try { _ = try target.required("correlation_id").uuid() }
            found.power { try target.required("load_constraint") }
        }
        found.power { try payload.required("measured_load") }
        found.within {
            try payload.optional("shed_hints")
        } do: { hints, found in
            for hint in found.elements(of: hints) where !found.isFull { found.hint(hint) }
        }
        found.within {
            try payload.required("infrastructure_actions")
        } do: { actions, found in
            for action in found.elements(of: actions) where !found.isFull {
                found.try { _ = try action.choice(InfrastructureAction.self) }
            }
        }
        return found.errors
    }
}

private struct Findings {
    let limit: Int
    private(set) var errors: [EventDecodingError] = []

    init(limit: Int) { self.limit = limit }

    var isFull: Bool { errors.count >= limit }

    mutating func `try`(_ read: () throws -> Void) {
        if isFull { return }
        do { try read() } catch let error as EventDecodingError {
            // A field that is no object says so at each of its members.
            if !errors.contains(error) { errors.append(error) }
        } catch {}
    }

    /// Looks into a field, where it is there and an object.
    mutating func within(_ find: () throws -> Field?, do look: (Field, inout Findings) -> Void) {
        var field: Field?
        self.try { field = try find() }
        if let field { look(field, &self) }
    }

    mutating func elements(of field: Field) -> [Field] {
        var elements: [Field] = []
        self.try { elements = try field.elements() }
        return elements
    }

    mutating func power(_ find: () throws -> Field?) {
        within(find) { field, found in
            found.try { _ = try field.required("unit").choice(PowerUnit.self) }
            found.try {
                let value = try field.required("value")
                guard let number = value.value.number, PowerQuantity(decimal: number.text, unit: .watt) != nil else {
                    throw value.error("should be a power of at least 0")
                }
            }
        }
    }

    mutating func hint(_ hint: Field) {
        self.try { _ = try hint.required("resource_id").nonEmptyString() }
        self.try { _ = try hint.required("resource_type").choice(ResourceType.self) }
        self.try { _ = try hint.required("action").choice(ShedAction.self) }
        self.try { _ = try hint.required("priority").integer(atLeast: 1) }
        power { try hint.optional("target_power") }
    }
}
