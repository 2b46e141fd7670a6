import Site
public import StrictJSON

/// What a drill has proven on which hardware, as a text (Markdown) to be kept or attached to something.
public enum DrillReport {
    public static func text(_ drill: JSONValue) -> String {
        let results = drill["results"]?.array ?? []
        var lines = [
            "# Drill \(drill["id"]?.string ?? "")", "",
            "- agent: \(drill["agent"]?.string ?? ""), ima \(drill["version"]?.string ?? "")",
            "- begun: \(drill["started_at"]?.string ?? "") by \(drill["by"]?.string ?? "unknown")"
                + (drill["reason"]?.string.map { " (\($0))" } ?? ""),
            "- asked for: caps at \(drill["share"]?.string ?? "") of each control's maximum, held for"
                + " \(drill["hold"]?.string ?? "")",
            "- ended: \(drill["ended_at"]?.string ?? "not yet")"
                + (drill["cut_short"]?.string.map { ", cut short: \($0)" } ?? ""),
            "- all caps had ended after \(DrillText.milliseconds(drill["settled_ms"])); everything was back after"
                + " \(DrillText.milliseconds(drill["ended_ms"]))",
            "", "A control is proven where its cap was read back from the BMC, and then what had been there before.", "",
        ]
        let models = Dictionary(grouping: results) { result in
            Model(name: result["model"]?.string ?? "unknown model", dialect: result["dialect"]?.string ?? "unknown")
        }
        for (model, members) in models.sorted(by: { ($0.key.name, $0.key.dialect) < ($1.key.name, $1.key.dialect) }) {
            lines += section(model, members)
        }
        if results.isEmpty { lines.append("Nothing was capped.") }
        return lines.joined(separator: "\n") + "\n"
    }

    private struct Model: Hashable {
        let name: String
        let dialect: String
    }

    private static func section(_ model: Model, _ results: [JSONValue]) -> [String] {
        let bmcs = Set(results.compactMap { $0["bmc"]?.string }).sorted()
        let names = results.compactMap { $0["resource"]?.string }
        let capped = results.filter { $0["cap"]?["code"] == "applied" }
        let restored = results.filter { $0["restore"]?["code"] == "reverted" }
        let measured = results.filter { $0["drew_before_watts"]?.number != nil && $0["drew_during_watts"]?.number != nil }
        let lower = measured.filter { result in
            (result["drew_during_watts"]?.number?.int ?? 0) < (result["drew_before_watts"]?.number?.int ?? 0)
        }
        var lines = [
            "## \(model.name), dialect \(model.dialect)", "",
            "\(bmcs.count) BMCs (\(NameList.text(bmcs))), \(results.count) controls of \(NameList.text(names))", "",
            "| step | done | of | shortest | longest |", "|---|---|---|---|---|",
            row("cap written and read back", capped, "cap", of: results.count),
            row("what was there before put back and read back", restored, "restore", of: results.count),
            "| measured before and under the cap | \(measured.count) | \(results.count) | | |",
            "| measured to draw less under the cap | \(lower.count) | \(results.count) | | |", "",
        ]
        let failures = results.filter { $0["proven"] != true }
        if failures.isEmpty {
            lines += ["Proven on every control.", ""]
        } else {
            lines += ["Not proven:", ""]
            for result in failures {
                lines.append("- \(result["control"]?.string ?? ""): \(why(result))")
            }
            lines.append("")
        }
        lines += ["| control | before | under the cap | after | drew before | drew under the cap |", "|---|---|---|---|---|---|"]
        for result in results {
            let cells = [
                result["control"]?.string, result["prior"]?.string, result["cap"]?["value"]?.string,
                result["restore"]?["value"]?.string, result["drew_before_watts"]?.number?.int.map { "\($0) W" },
                result["drew_during_watts"]?.number?.int.map { "\($0) W" },
            ]
            lines.append("| " + cells.map { $0 ?? "unknown" }.joined(separator: " | ") + " |")
        }
        return lines + [""]
    }

    private static func row(_ name: String, _ done: [JSONValue], _ step: String, of count: Int) -> String {
        let times = done.compactMap { $0[step]?["ms"]?.number?.int }
        func text(_ time: Int?) -> String { time.map { "\($0) ms" } ?? "" }
        return "| \(name) | \(done.count) | \(count) | \(text(times.min())) | \(text(times.max())) |"
    }

    private static func why(_ result: JSONValue) -> String {
        for (step, done) in [("cap", "applied"), ("restore", "reverted")] where result[step]?["code"]?.string != done {
            let words = result[step]?["message"]?.string ?? "not done"
            return "\(step): \(result[step]?["code"]?.string ?? "not done"): \(words)"
        }
        return "unknown"
    }
}
