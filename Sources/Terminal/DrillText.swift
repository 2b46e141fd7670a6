import Site
public import StrictJSON

/// A drill, as whoever asked for it reads it.
public enum DrillText {
    /// What would be done, before somebody says yes.
    ///
    /// - Parameter plan: the answer to a dry run
    public static func plan(_ plan: JSONValue) -> [String] {
        let items = plan["plan"]?.array ?? []
        let capped = items.filter { $0["skipped"] == false }
        let names = capped.compactMap { $0["resource"]?.string }
        let bmcs = Set(capped.compactMap { $0["bmc"]?.string })
        var lines = [
            "caps \(Line.count(capped.count, "control")) on \(Line.count(bmcs.count, "BMC")) at"
                + " \(plan["share"]?.string ?? "") of the maximum, holds that for \(plan["hold"]?.string ?? ""), and puts"
                + " everything back: \(NameList.text(names, width: 60))"
        ]
        for item in capped.prefix(12) {
            func watts(_ key: String, _ none: String) -> String {
                item["\(key)_watts"]?.number?.int.map(Line.power) ?? none
            }
            lines.append(
                "  \(item["control"]?.string ?? ""): \(watts("limit", "no limit")) now, to"
                    + " \(watts("cap", "a share of a maximum not seen yet")); draws \(watts("draw", "nobody knows how much"))")
        }
        if capped.count > 12 { lines.append("  and \(capped.count - 12) more") }
        for item in items.filter({ $0["skipped"] == true }).prefix(8) {
            lines.append("  not \(item["resource"]?.string ?? ""): \(item["message"]?.string ?? "")")
        }
        return lines.map { Line.fit($0) }
    }

    /// What happened to each control, and how long each step took.
    public static func results(_ drill: JSONValue, style: Style = .plain) -> [String] {
        let results = drill["results"]?.array ?? []
        var lines = results.map { result in
            let verdict = result["proven"] == true ? style(.good, "ok  ") : style(.bad, "NO  ")
            return verdict
                + Line.fit(
                    "\(result["control"]?.string ?? ""): \(step(result["cap"], "capped to", "NOT CAPPED")),"
                        + " \(step(result["restore"], "back to", "NOT PUT BACK"))\(drew(result))")
        }
        let proven = results.count { $0["proven"] == true }
        lines.append("\(proven) of \(Line.count(results.count, "control")) capped, read back and put back exactly")
        if let reason = drill["cut_short"]?.string { lines.append("cut short: \(reason)") }
        return lines
    }

    /// Whether all of it was done.
    public static func isProven(_ drill: JSONValue) -> Bool {
        let results = drill["results"]?.array ?? []
        return !results.isEmpty && results.allSatisfy { $0["proven"] == true } && drill["cut_short"]?.string == nil
            && (drill["capped"]?["failed"]?.number?.int ?? 0) == 0
    }

    private static func step(_ step: JSONValue?, _ done: String, _ not: String) -> String {
        guard let step, let code = step["code"]?.string else { return not }
        let time = milliseconds(step["ms"])
        if code == "applied" || code == "reverted" { return "\(done) \(step["value"]?.string ?? "what it held") in \(time)" }
        return "\(not) (\(code): \(step["message"]?.string ?? ""))"
    }

    private static func drew(_ result: JSONValue) -> String {
        guard let before = result["drew_before_watts"]?.number?.int, let during = result["drew_during_watts"]?.number?.int
        else { return "; not measured" }
        return "; drew \(Line.power(before)), then \(Line.power(during))"
    }

    static func milliseconds(_ json: JSONValue?) -> String {
        guard let value = json?.number?.int else { return "unknown time" }
        return value < 1000 ? "\(value) ms" : "\(value / 1000).\(value % 1000 / 100) s"
    }
}
