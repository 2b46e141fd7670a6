public import StrictJSON

/// What happened, a line each.
public enum HistoryText {
    /// `2026-11-21T04:20:00.125Z outcome applied dgx-01/power_limit 6000 W (before 10200 W): why`
    public static func line(_ line: JSONValue, style: Style = .plain) -> String {
        let code = line["code"]?.string ?? ""
        var text = style(.faint, line["at"]?.string ?? "")
        text += " \(line["kind"]?.string ?? "") \(tone(line).map { style($0, code) } ?? code)"
        for key in ["scope", "control", "value"] { if let word = line[key]?.string { text += " \(word)" } }
        if let prior = line["prior"]?.string { text += " (before \(prior))" }
        if let user = line["user"]?.string { text += " by \(user)" }
        if line["control"] == nil, let breach = line["breach_id"]?.string { text += " breach \(breach)" }
        let words = [line["message"]?.string, line["reason"]?.string].compactMap { $0 }
        return text + (words.isEmpty ? "" : ": \(words.joined(separator: "; "))")
    }

    /// A message that was refused.
    public static func refusal(_ line: JSONValue, style: Style = .plain) -> String {
        let facts = ["source", "event_id", "topic"].compactMap { key in line[key]?.string.map { "\(key) \($0)" } }
        return style(.faint, line["at"]?.string ?? "")
            + " \(style(.warning, line["reason"]?.string ?? "")): \(line["detail"]?.string ?? "")"
            + " (\(facts.joined(separator: ", ")), sha256 \(line["sha256"]?.string ?? ""))"
    }

    private static func tone(_ line: JSONValue) -> Style.Tone? {
        switch (line["kind"]?.string, line["code"]?.string) {
        case ("outcome", "applied"), ("outcome", "reverted"): .good
        case ("outcome", "failed"): .bad
        case ("outcome", "skipped"): .warning
        case ("alert", _), ("command", _): .bold
        case ("report", let code?) where code.hasSuffix("error") || code.hasSuffix("partial"): .warning
        default: nil
        }
    }
}
