import PowerEvents
import Site
public import StrictJSON

/// What an agent holds, as a person on call reads it: at most ``most`` lines whatever the size, the worst first.
public enum StatusText {
    public static let most = 40
    private static let maximumProblems = 8
    private static let maximumProblemLines = 4
    private static let maximumBMCGroups = 3
    private static let maximumFailureGroups = 4
    private static let maximumValues = 4

    /// - Parameter status: of `ima status --json`
    public static func lines(_ status: JSONValue, style: Style = .plain) -> [String] {
        let judgement = StatusJudgement(status)
        var lines = [headline(status, judgement, style)]
        for problem in judgement.problems.prefix(maximumProblems) {
            // Its end says what to do.
            lines += Line.folded("! \(problem)", lines: maximumProblemLines).map { style(.bad, $0) }
        }
        if judgement.problems.count > maximumProblems {
            lines.append("! and \(judgement.problems.count - maximumProblems) more")
        }
        for note in judgement.notes.prefix(3) { lines.append(style(.warning, Line.fit("- \(note)"))) }
        let breaches = status["breaches"]?.array ?? []
        let controls = status["controls"]?.array ?? []
        let observed = ObservedText.lines(status)
        let tail = StandbyText.lines(status) + readiness(status) + bmcs(status) + failures(controls) + values(controls)
        lines += BreachText.lines(
            breaches, now: time(status["at"]), room: most - lines.count - observed.count - tail.count, style: style)
        return Array((lines + (observed + tail).map { Line.fit($0) }).prefix(most))
    }

    private static func headline(_ status: JSONValue, _ judgement: StatusJudgement, _ style: Style) -> String {
        let count = judgement.problems.count
        let verdict = count == 0 ? style(.good, "OK") : style(.bad, count == 1 ? "1 PROBLEM" : "\(count) PROBLEMS")
        let resources = Line.count(status["resources"]?.number?.int ?? 0, "resource")
        let breaches = status["breaches"]?.array?.count ?? 0
        let open = breaches == 1 ? "1 breach" : "\(breaches) breaches"
        let controls = Line.count(status["controls"]?.array?.count ?? 0, "control")
        let facts = [
            "mode \(status["mode"]?.string ?? "unknown")", StandbyText.role(status), resources, open, controls,
            "generation \(status["generation"]?.text ?? "1")", status["version"]?.string ?? "",
        ].filter { !$0.isEmpty }
        return "\(status["agent"]?.string ?? "ima"): \(verdict) - \(facts.joined(separator: ", "))"
    }

    private static func readiness(_ status: JSONValue) -> [String] {
        if status["standby"]?["role"] == "standby" { return ["patrol: the leader's"] }
        let readiness = status["readiness"]
        func number(_ key: String) -> Int { readiness?[key]?.number?.int ?? 0 }
        let bmcs = status["bmcs"]
        let states = ["healthy", "failing", "recovering", "unknown"].map { (bmcs?[$0]?.number?.int ?? 0, $0) }
        return [
            "patrol: \(number("enforceable")) of the \(number("visited")) probed resources are enforceable"
                + " (\(number("total")) have a BMC); BMCs: \(Line.counts(states, none: "none"))"
        ] + objections(status)
    }

    /// Of resources whose BMC is well: the reason, and the names.
    private static func objections(_ status: JSONValue) -> [String] {
        let failing = Set(
            (status["bmcs"]?["failures"]?.array ?? []).flatMap { $0["resources"]?.array ?? [] }.compactMap(\.string))
        let others = (status["readiness"]?["not_enforceable"]?.array ?? [])
            .filter { $0["resource"]?.string.map { !failing.contains($0) } ?? false }
        let groups = Dictionary(grouping: others) { $0["why"]?.string ?? "" }
            .map { (why: $0.key, names: $0.value.compactMap { $0["resource"]?.string }) }
            .sorted { ($1.names.count, $0.why) < ($0.names.count, $1.why) }
        var lines = groups.prefix(maximumBMCGroups).map { group in
            "  \(NameList.text(group.names, width: 60)): \(group.why)"
        }
        if groups.count > maximumBMCGroups { lines.append("  and \(groups.count - maximumBMCGroups) more reasons") }
        return lines
    }

    private static func bmcs(_ status: JSONValue) -> [String] {
        let groups = status["bmcs"]?["failures"]?.array ?? []
        let now = time(status["at"])
        var lines: [String] = []
        for group in groups.prefix(maximumBMCGroups) {
            let names = (group["bmcs"]?.array ?? []).compactMap(\.string)
            let resources = (group["resources"]?.array ?? []).compactMap(\.string)
            let age = time(group["since"]).flatMap { since in now.map { Line.age(($0 - since) / .seconds(1)) } }
            let count = names.count == 1 ? "1 BMC fails" : "\(names.count) BMCs fail"
            let recovering = group["recovering"]?.number?.int ?? 0
            lines.append(
                "  \(count)\(age.map { " for \($0)" } ?? ""), \(group["cause"]?.string ?? "")"
                    + "\(recovering > 0 ? ", \(recovering) of them recovering" : ""): \(group["message"]?.string ?? "")"
            )
            lines.append(
                "    \(NameList.text(resources, width: 40)): on \(NameList.text(names, width: 50));"
                    + " \(group["next"]?.string ?? "")")
        }
        if groups.count > maximumBMCGroups { lines.append("  and \(groups.count - maximumBMCGroups) more causes") }
        return lines
    }

    private static func failures(_ controls: [JSONValue]) -> [String] {
        let groups = FailureGroup.groups(controls)
        var lines = groups.prefix(maximumFailureGroups).map { group in
            // What is wrong counts for more than all the names it is wrong with.
            let texts = [40, 20, 10].map { width in
                "failed: \(Line.count(group.controls, "control")) on \(NameList.text(group.bmcs, width: width))"
                    + " (\(NameList.text(group.resources, width: width))): \(group.message)"
            }
            return texts.first { $0.count <= Line.width } ?? texts[texts.count - 1]
        }
        if groups.count > maximumFailureGroups {
            lines.append("failed: and \(groups.count - maximumFailureGroups) more causes")
        }
        return lines
    }

    /// What the others hold.
    private static func values(_ controls: [JSONValue]) -> [String] {
        let held = controls.filter { $0["code"] != "failed" }
        let groups = Dictionary(grouping: held) { control in
            let code = control["code"]?.string ?? ""
            let value = control["held"]?.string.map { "holds \($0)" } ?? "nothing confirmed"
            return code == "applied" ? value : "\(value), \(code.replacing("_", with: " "))"
        }.map { (value: $0.key, names: $0.value.compactMap { FailureGroup.resource(of: $0) }.sorted()) }
            .sorted { ($1.names.count, $0.value) < ($0.names.count, $1.value) }
        var lines = groups.prefix(maximumValues).map { "\($0.value): \(NameList.text($0.names, width: 100))" }
        if groups.count > maximumValues {
            let rest = groups.dropFirst(maximumValues).map(\.names.count).reduce(0, +)
            lines.append("and \(Line.count(rest, "control")) with other values")
        }
        return lines
    }

    static func time(_ json: JSONValue?) -> Timestamp? { json?.string.flatMap { Timestamp($0) } }

    /// A breach by the first characters of its id.
    static func short(_ id: JSONValue?) -> String { String((id?.string ?? "").prefix(8)) }
}
