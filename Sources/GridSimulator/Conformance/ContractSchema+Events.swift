import PowerEvents

/// The contract's schemas, as far as instances can break them.
extension ContractSchema {
    private static func names<Choice: RawRepresentable<String> & CaseIterable>(_ type: Choice.Type) -> ContractSchema {
        .text(.one(of: Choice.allCases.map(\.rawValue)))
    }

    private static let power = ContractSchema.named(
        "PowerUnit", .object([.required("value", .number(atLeast: 0)), .required("unit", names(PowerUnit.self))]))
    private static let constraint = ContractSchema.named(
        "LoadConstraint", .object([.required("value", .number(atLeast: 0)), .required("unit", names(PowerUnit.self))]))
    private static let interval = ContractSchema.named(
        "Interval", .object([.optional("start_time", .text(.time)), .optional("end_time", .text(.time))]))
    private static let strategy = ContractSchema.named("Strategy", .object([.optional("best_effort", .flag)]))
    private static let trigger = names(PowerStateStatus.Event.self)

    static let envelope = ContractSchema.named(
        "BaseCloudEvent",
        .object([
            .required("specversion", .text(.one(of: ["1.0.2"]))), .required("id", .text(.uuid)),
            .required(
                "source",
                .text(
                    .shaped("//grid/v1/<role>/<identifier>") { text in
                        EventSource(text) != nil
                    })),
            .required("type", .text(.one(of: EventType.allCases.map(\.rawValue)))), .required("time", .text(.time)),
            .required("datacontenttype", .text(.one(of: ["application/json"]))), .required("subject", .text(.any)),
            .required("traceparent", .text(.shaped("a W3C traceparent", isTraceparent))),
            .optional("tracestate", .text(.any)), .optional("correlationid", .text(.uuid)),
        ]))

    static func payload(of type: EventType) -> ContractSchema {
        switch type {
        case .loadTargetSet: loadTargets
        case .powerStateStatus: status
        case .breachAlert: alert
        case .enforcement: enforcement
        }
    }

    private static let loadTargets = ContractSchema.named(
        "SetLoadTargetData",
        .object([
            .required(
                "targets",
                .array(
                    of: .object([
                        .required("interval", interval), .required("load_constraint", .nullOr(constraint)),
                        .optional("feed_tags", .array(of: .text(.any), atLeast: 0)), .optional("strategy", strategy),
                    ]), atLeast: 1))
        ]))

    private static let feedState = ContractSchema.named(
        "FeedState",
        .object([
            .required(
                "metadata",
                .named(
                    "FeedMetadata",
                    .object([
                        .required("power_minimum", power), .required("power_maximum", power),
                        .required("default_constraint", power),
                    ]))),
            .required(
                "targets",
                .array(
                    of: .named(
                        "FeedTarget",
                        .object([
                            .required("active", .flag), .required("load_constraint", constraint),
                            .required("interval", interval), .required("strategy", strategy),
                            .required("correlation_id", .text(.uuid)),
                        ])), atLeast: 0)),
            .required("calculated_load", power), .required("in_flight", .flag), .optional("event", trigger),
            // Its type is string, and its description says "null if no event is active".
            .optional("power_event_start_time", .nullOr(.text(.time))), .required("compliant", .flag),
        ]))

    /// Where the trigger stands is a rule of its own: the two revisions differ in it.
    private static let status = ContractSchema.named(
        "PowerStateStatusData",
        .object([
            .required("snapshot_time", .text(.time)), .optional("event", trigger),
            .required("feeds", .map(of: feedState)),
        ]))

    private static let alert = ContractSchema.named(
        "PowerBreachAlertData",
        .object([
            .required("feed_tag", .text(.any)), .required("status", names(BreachAlert.Status.self)),
            .required("severity", names(BreachAlert.Severity.self)),
            .required(
                "breach",
                .named(
                    "BreachDetails",
                    .object([
                        .required("breach_id", .text(.uuid)), .required("detected_at", .text(.time)),
                        .optional("resolved_at", .text(.time)),
                    ]))),
            .required(
                "target",
                .named(
                    "BreachTarget",
                    .object([.required("correlation_id", .text(.uuid)), .required("load_constraint", constraint)]))),
            .required("measured_load", power),
            .optional(
                "shed_hints",
                .array(
                    of: .named(
                        "ShedHint",
                        .object([
                            .required("resource_id", .text(.any)), .required("resource_type", names(ResourceType.self)),
                            .required("action", names(ShedAction.self)), .required("priority", .integer(atLeast: 1)),
                            .optional("target_power", power),
                        ])), atLeast: 0)),
            .required("infrastructure_actions", .array(of: names(BreachAlert.InfrastructureAction.self), atLeast: 0)),
        ]))

    private static let enforcement = ContractSchema.named(
        "PowerBreachEnforcementData",
        .object([
            .required("breach_id", .text(.uuid)), .required("feed_tag", .text(.any)),
            .required("action", names(Enforcement.Action.self)), .required("code", names(Enforcement.Code.self)),
            .optional("diag_msg", .text(.any)),
            .required(
                "results",
                .array(
                    of: .named(
                        "EnforcementResult",
                        .object([
                            .required("resource_id", .text(.any)), .required("resource_type", names(ResourceType.self)),
                            .required("requested_action", names(ShedAction.self)),
                            .required("code", names(EnforcementResult.Code.self)), .optional("message", .text(.any)),
                            .optional("applied_power", power),
                        ])), atLeast: 0)),
            .required("timestamp", .text(.time)),
        ]))

    @Sendable private static func isTraceparent(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        return parts.map(\.utf8.count) == [2, 32, 16, 2]
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) || $0 == 0x2D }
    }
}
