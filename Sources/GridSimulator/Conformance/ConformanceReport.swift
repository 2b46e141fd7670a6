public import PowerEvents
public import StrictJSON

/// What somebody's events were found to be.
public struct ConformanceReport: Sendable {
    /// nil: of all roles.
    public let role: EventSource.Role?
    /// How many events of the role were judged, by type.
    public let events: [EventType: Int]
    /// How many messages came in all.
    public let messages: Int
    public let findings: [ConformanceFinding]
    /// How many more there were than are kept.
    public let omitted: Int

    public var violations: Int { findings.count { $0.rule.level == .violation } + omitted }
    public var warnings: Int { findings.count { $0.rule.level == .warning } }
    public var judged: Int { events.values.reduce(0, +) }
    /// Whether there was something to judge, and nothing against it.
    public var conforms: Bool { violations == 0 && judged > 0 }

    public var json: JSONValue {
        var counts = JSONObject()
        for type in EventType.allCases {
            if let count = events[type] { counts[type.rawValue] = .number(JSONNumber(count)) }
        }
        return [
            "role": role.map { .string($0.rawValue) } ?? .null, "conforms": .bool(conforms),
            "messages": .number(JSONNumber(messages)), "events": .object(counts),
            "violations": .number(JSONNumber(violations)), "warnings": .number(JSONNumber(warnings)),
            "findings": .array(
                findings.map { finding in
                    [
                        "rule": .string(finding.rule.id), "level": .string(finding.rule.level.rawValue),
                        "statement": .string(finding.rule.statement), "source": .string(finding.rule.source),
                        "problem": .string(finding.problem), "time": .string(finding.time.description),
                        "topic": .string(finding.topic), "id": finding.eventID.map(JSONValue.string) ?? .null,
                    ]
                }),
            "rules": .array(
                ConformanceRule.all.filter { rule in role.map { rule.roles.contains($0) } ?? true }
                    .map { .string($0.id) }),
        ]
    }

    /// For people: by rule, with the first few events of each.
    public var text: String {
        let counts = EventType.allCases.compactMap { type in events[type].map { "\($0) \(type.rawValue)" } }
        var lines = [
            "\(role?.rawValue ?? "all roles"): \(judged) events"
                + (counts.isEmpty ? "" : " (\(counts.joined(separator: ", ")))") + " of \(messages) messages"
        ]
        var order: [ConformanceRule] = []
        for finding in findings where !order.contains(finding.rule) { order.append(finding.rule) }
        for rule in order.sorted(by: { $0.level == .violation && $1.level != .violation }) {
            let own = findings.filter { $0.rule == rule }
            lines.append("")
            lines.append("\(rule.level.rawValue.uppercased()) \(rule.id): \(rule.statement)")
            lines.append("  by \(rule.source)")
            for finding in own.prefix(5) {
                lines.append("  \(finding.time) \(finding.topic) \(finding.eventID ?? "")")
                lines.append("    \(finding.problem)")
            }
            if own.count > 5 { lines.append("  and \(own.count - 5) more") }
        }
        lines.append("")
        if judged == 0 {
            lines.append("nothing to judge: no event of this role came")
        } else {
            lines.append(
                "\(conforms ? "conforms" : "does not conform"): \(violations) violations, \(warnings) warnings")
        }
        return lines.joined(separator: "\n")
    }
}
