import StrictJSON

/// What a search comes to: resources the worst first, BMCs, and breaches.
public enum FindResults {
    private static let most = 50

    public static func html(_ input: PageInput, query: String) -> HTML {
        let needle = query.lowercased()
        guard !needle.isEmpty else { return "" }
        let rows = input.resources.filter { $0.matches(needle) }.enumerated()
            .sorted { ($0.element.state.rank, $0.offset) < ($1.element.state.rank, $1.offset) }.map(\.element)
        let breaches = ((input.status["breaches"]?.array ?? []) + input.past).filter { breach in
            ["id", "feed", "severity", "phase", "source"].contains {
                breach[$0]?.string?.lowercased().contains(needle) == true
            }
        }
        var html: HTML = """
            <p role="status"><b>\(Words.count(rows.count, "resource"))</b> and \
            <b>\(breaches.count) \(breaches.count == 1 ? "breach" : "breaches")</b> for “\(query)”. <a href="/">Show all</a></p>
            """
        if !breaches.isEmpty {
            html += "<ul>"
            for breach in breaches.prefix(most) {
                html += """
                    <li>\(Words.link(breach: breach["id"]?.string ?? "")) \(breach["severity"]?.string ?? "") on \
                    \(breach["feed"]?.string ?? ""), \(breach["phase"]?.string ?? "")</li>
                    """
            }
            html += "</ul>"
        }
        guard !rows.isEmpty else { return html }
        html += """
            <div class="wide"><table><thead><tr><th scope="col">resource<th scope="col">state<th scope="col">held\
            <th scope="col">BMC<th scope="col">in</tr></thead><tbody>
            """
        for row in rows.prefix(most) {
            html += """
                <tr><th scope="row">\(Words.link(resource: row.id))</th><td><span class="cell s-\(row.state.rawValue)" \
                aria-hidden="true"></span>\(row.state.words)\(row.why.map { ": \($0)" } ?? "")\
                <td>\(row.held.joined(separator: ", "))<td>\(row.bmc ?? "")<td>\(row.parent ?? "")</tr>
                """
        }
        html += "</tbody></table></div>"
        if rows.count > most { html += "<p>the worst \(most) of \(rows.count) are listed; the cells below are all</p>" }
        return html
    }
}
