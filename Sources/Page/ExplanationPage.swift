public import StrictJSON
import Terminal

/// Everything of one resource: what it is, what is held and why, and what happened.
extension PageDocument {
    /// - Parameters:
    ///   - explanation: as `ima explain --json`
    ///   - row: as the overview shows it; nil where it left the inventory
    public static func explanation(_ explanation: JSONValue, row: ResourceRow?, status: JSONValue) -> HTML {
        let id = explanation["resource"]?.string ?? ""
        var main: HTML = "<h2>\(id)</h2>"
        if let row {
            main += """
                <p><span class="cell s-\(row.state.rawValue)" aria-hidden="true"></span> <b>\(row.state.words)</b>\
                \(row.isFrozen ? ", frozen" : "")\(row.why.map { ": \($0)" } ?? "")</p>
                """
        }
        main += "<p>\(explanation["summary"]?.string ?? "it has left the inventory")</p>"
        for line in StatusJudgement.freezes(of: explanation) { main += "<p class=\"warn\">\(Words.prose(line))</p>" }
        let controls = explanation["controls"]?.array ?? []
        if controls.isEmpty { main += "<p class=\"none\">nothing is held on it</p>" }
        for control in controls { main += Self.control(control) }
        main += "<h3>What happened</h3>\(Timeline.html(explanation["history"]?.array ?? []))"
        main += "<p>The same on a terminal: <code>ima explain \(id)</code></p>"
        return document(title: "\(id) - \(status["agent"]?.string ?? "ima")", status: status, main: main)
    }

    private static func place(_ locator: JSONValue?) -> HTML {
        guard let locator else { return "" }
        guard let uri = locator["uri"]?.string else { return "\(locator.string ?? locator.text)" }
        return "<code>\(uri)</code>\(locator["why"]?.string.map { ", \($0)" } ?? "")"
    }

    private static func control(_ control: JSONValue) -> HTML {
        let outcome = (control["code"]?.string ?? "").replacing("_", with: " ")
        let corrections = control["corrections"]?.number?.int ?? 0
        let facts: [(String, HTML)] = [
            ("held before", "\(control["prior"]?.string ?? "not read yet")"),
            ("taken", Words.time(control["prior_taken_at"]?.string)),
            ("asked", "\(control["intent"]?.string ?? "")"), ("read back", "\(control["held"]?.string ?? "not yet")"),
            ("outcome", "<b>\(outcome)</b>\(control["message"]?.string.map { ": \($0)" } ?? "")"),
            ("put back after somebody changed it", corrections == 0 ? "" : "\(corrections)×"),
            ("looked at next", Words.time(control["next_look"]?.string)),
            ("machine", "\(control["machine"]?.string ?? "")"),
            ("where", place(control["locator"])),
            ("shared with", "\((control["shared_with"]?.array ?? []).compactMap(\.string).joined(separator: ", "))"),
        ]
        var html: HTML = "<h3>\((control["control"]?.string ?? "").replacing("_", with: " "))</h3><dl class=\"facts\">"
        for (name, value) in facts where !value.isEmpty { html += "<div><dt>\(name)</dt><dd>\(value)</dd></div>" }
        html += "</dl>"
        let holds = control["holds"]?.array ?? []
        guard !holds.isEmpty else { return html }
        html += """
            <div class="wide"><table><thead><tr><th scope="col">breach<th scope="col">asks<th scope="col">priority\
            <th scope="col">feed<th scope="col">phase</tr></thead><tbody>
            """
        for hold in holds {
            html += """
                <tr><th scope="row">\(Words.link(breach: hold["breach_id"]?.string ?? ""))</th>\
                <td>\(hold["demand"]?.string ?? "")<td>\(hold["priority"]?.text ?? "")<td>\(hold["feed"]?.string ?? "")\
                <td>\(hold["released"] == true ? "put back" : hold["phase"]?.string ?? "")</tr>
                """
        }
        return html + "</tbody></table></div>"
    }
}
