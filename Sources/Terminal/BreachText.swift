import PowerEvents
import StrictJSON

/// The breaches of a status, the worst first.
enum BreachText {
    /// - Parameter room: how many lines there may be
    static func lines(_ breaches: [JSONValue], now: Timestamp?, room: Int, style: Style) -> [String] {
        let order = breaches.enumerated().sorted { left, right in
            let (one, other) = (weight(left.element), weight(right.element))
            return one == other ? left.offset < right.offset : one > other
        }.map(\.element)
        var lines: [String] = []
        for (index, breach) in order.enumerated() {
            let isLast = index == order.count - 1
            let left = room - lines.count - (isLast ? 0 : 1)
            let whole = self.lines(breach, now: now, style: style)
            if whole.count <= left {
                lines += whole
            } else if left >= 3 {
                lines += whole.prefix(left)
            } else if left >= 1 {
                lines.append(whole[0])
            } else {
                lines.append("and \(order.count - index) more breaches: `ima status --json`")
                return lines
            }
        }
        return lines
    }

    private static func weight(_ breach: JSONValue) -> Int {
        let failed = breach["counts"]?["failed"]?.number?.int ?? 0
        return (failed > 0 ? 2 : 0) + (breach["severity"] == "critical" ? 1 : 0)
    }

    private static let maximumPriorities = 6

    private static func lines(_ breach: JSONValue, now: Timestamp?, style: Style) -> [String] {
        let age = StatusText.time(breach["opened_at"]).flatMap { since in
            now.map { " for \(Line.age(($0 - since) / .seconds(1)))" }
        }
        let waits = breach["awaiting_resume"] == true ? ", waits for `ima resume` or `ima release`" : ""
        let kind = breach["drill"] == true ? "drill" : "breach"
        let where_ =
            breach["drill"] == true ? "" : " \(breach["severity"]?.string ?? "") on \(breach["feed"]?.string ?? "")"
        let title =
            "\(kind) \(StatusText.short(breach["id"]))\(where_): \(breach["phase"]?.string ?? "")\(age ?? "")\(waits)"
        var lines = [style(.bold, Line.fit(title))]
        if breach["counts"] != nil { lines.append("  \(counts(breach["counts"]))") }
        if let load = load(breach["load"], now: now) { lines.append("  \(load)") }
        if let actions = actions(breach["infrastructure_actions"]) { lines.append(style(.warning, "  \(actions)")) }
        if let power = breach["power"] { lines.append("  \(self.power(power))") }
        let priorities = breach["priorities"]?.array ?? []
        for priority in priorities.prefix(maximumPriorities) {
            let asked = priority["power"]?["asked_watts"]?.number?.int
            let confirmed = priority["power"]?["confirmed_watts"]?.number?.int
            let watts = asked.map { ", \(Line.power(confirmed ?? 0)) of \(Line.power($0)) confirmed" } ?? ""
            lines.append(Line.fit("  priority \(priority["priority"]?.text ?? ""): \(counts(priority))\(watts)"))
        }
        if priorities.count > maximumPriorities {
            lines.append("  and \(priorities.count - maximumPriorities) more priorities")
        }
        if let next = StatusText.time(breach["release"]?["next_at"]) {
            let wait = now.map { " in \(Line.age((next - $0) / .seconds(1)))" } ?? " at \(next)"
            let rate = breach["release"]?["rate_watts_per_s"]?.number?.int.map {
                ", at most \(Line.power($0)) a second"
            }
            lines.append(
                "  release: \(breach["release"]?["remaining"]?.text ?? "0") left, next step\(wait)\(rate ?? "")")
        }
        return lines
    }

    private static func counts(_ json: JSONValue?) -> String {
        let names = ["applied", "failed", "in_progress", "skipped"]
        return Line.counts(
            names.map { (json?[$0]?.number?.int ?? 0, $0.replacing("_", with: " ")) }, none: "nothing to do")
    }

    /// What the feed carries against what it may, by the latest alert.
    private static func load(_ json: JSONValue?, now: Timestamp?) -> String? {
        guard let measured = json?["measured_watts"]?.number?.int, let target = json?["target_watts"]?.number?.int
        else { return nil }
        let age = StatusText.time(json?["at"]).flatMap { at in
            now.map { ", said the alert \(Line.age(($0 - at) / .seconds(1))) ago" }
        }
        let over = measured > target ? ", \(Line.power(measured - target)) too much" : ""
        return "feed: \(Line.power(measured)) of \(Line.power(target)) allowed\(over)\(age ?? "")"
    }

    /// What the alert wants of people.
    private static func actions(_ json: JSONValue?) -> String? {
        let names = (json?.array ?? []).compactMap(\.string)
        return names.isEmpty ? nil : "for people to do, not executed: \(names.joined(separator: ", "))"
    }

    private static func power(_ json: JSONValue) -> String {
        func watts(_ key: String) -> String { Line.power(json["\(key)_watts"]?.number?.int ?? 0) }
        let share = json["coverage"]?.number.flatMap { Double($0.text) } ?? 0
        let confirmed = "asked \(watts("asked")), confirmed \(watts("confirmed"))"
        guard share > 0 else { return "\(confirmed), measured unknown: no meter has told anything yet" }
        return "\(confirmed), measured \(watts("measured")) (coverage \(Int((share * 100).rounded())) %)"
    }
}
