import Site
import StrictJSON

/// What happened, the latest first; what happened to many in a row is one line, and so is what happened to many within a
/// minute, whatever happened to others between.
enum Timeline {
    private static let most = 40

    private struct Entry {
        let first: JSONValue
        var at: String?
        var names: [String] = []
        var count = 1
    }

    static func html(_ lines: [JSONValue]) -> HTML {
        guard !lines.isEmpty else { return "<p class=\"none\">nothing has happened yet</p>" }
        var html: HTML = "<ol class=\"timeline\">"
        for entry in folded(lines).reversed().prefix(most) { html += self.html(entry) }
        return html + "</ol>"
    }

    private static func folded(_ lines: [JSONValue]) -> [Entry] {
        var entries: [Entry] = []
        for line in lines {
            let name = line["control"]?.string.map(resource)
            let at = line["at"]?.string
            guard let name, let place = place(of: line, at: at, among: entries) else {
                entries.append(Entry(first: line, at: at, names: name.map { [$0] } ?? []))
                continue
            }
            var entry = entries.remove(at: place)
            entry.count += 1
            entry.at = at
            entry.names.append(name)
            entries.append(entry)
        }
        return entries
    }

    /// How far back is looked for what is alike.
    private static let reach = 16

    /// The latest that it may join. An alert, a report or a command is never passed.
    private static func place(of line: JSONValue, at: String?, among entries: [Entry]) -> Int? {
        let others = entries.indices.suffix(reach).reversed().prefix { !entries[$0].names.isEmpty }
        return others.first { place in
            isAlike(entries[place].first, line)
                && (place == entries.indices.last || minute(entries[place].at) == minute(at))
        }
    }

    /// `2026-11-21T04:20` of RFC 3339.
    private static func minute(_ at: String?) -> Substring? { at?.prefix(16) }

    private static func isAlike(_ one: JSONValue, _ other: JSONValue) -> Bool {
        ["kind", "code", "breach_id", "message"].allSatisfy { one[$0] == other[$0] } && one["control"] != nil
    }

    static func resource(_ control: String) -> String {
        control.lastIndex(of: "/").map { String(control[..<$0]) } ?? control
    }

    private static func html(_ entry: Entry) -> HTML {
        let line = entry.first
        let kind = line["kind"]?.string ?? ""
        let code = line["code"]?.string ?? ""
        var html: HTML = "<li class=\"k-\(kind) c-\(code)\">\(Words.time(entry.at)) <b>\(title(kind, code))</b>"
        if entry.count > 1 {
            html += " \(entry.count)×: \(Words.names(Array(Set(entry.names)).sorted(), width: 80))"
        } else {
            if let name = entry.names.first { html += " \(Words.link(resource: name))" }
            if let value = line["value"]?.string { html += " \(value)" }
            if let prior = line["prior"]?.string, kind != "alert" { html += " (before \(prior))" }
            if let scope = line["scope"]?.string { html += " \(Words.prose(scope))" }
        }
        if let user = line["user"]?.string { html += " by \(user)" }
        if let breach = line["breach_id"]?.string { html += " for \(Words.link(breach: breach))" }
        for words in [line["message"]?.string, line["reason"]?.string].compactMap({ $0 }) {
            html += ": \(Words.prose(words))"
        }
        return html + "</li>"
    }

    private static func title(_ kind: String, _ code: String) -> String {
        let code = code.replacing("_", with: " ")
        return kind == "outcome" ? code : "\(kind) \(code)"
    }
}
