/// What does not obey, by cause: the largest group first.
enum FailureTable {
    private static let most = 30
    /// Names that are there to be opened; the interface for programs has all.
    private static let maximumNames = 200

    static func html(_ input: PageInput) -> HTML {
        let rows = input.failures
        guard !rows.isEmpty else { return "<p class=\"none\">nothing fails</p>" }
        var html: HTML = """
            <div class="wide"><table class="failures"><thead><tr><th scope="col">cause<th scope="col" class="n">count\
            <th scope="col">where<th scope="col">since<th scope="col">what happens next</tr></thead><tbody>
            """
        for (index, row) in rows.prefix(most).enumerated() {
            html += """
                <tr><th scope="row">\(row.cause)</th><td class="n">\(Words.count(row.count, row.noun))\
                <td>\(Words.resources(row.resources, width: 60)) <small>on \(Words.names(row.bmcs, width: 60))</small>\
                \(links(row, index))<td>\(Words.time(row.since))<td>\(Words.sentence(row.next)) \(Words.time(row.nextAt))</tr>
                """
        }
        html += "</tbody></table></div>"
        if rows.count > most { html += "<p>and \(rows.count - most) more causes: <code>ima status --json</code></p>" }
        return html
    }

    private static func links(_ row: FailureRow, _ index: Int) -> HTML {
        guard row.resources.count > 1 else { return "" }
        let names = row.resources.prefix(maximumNames).map { name -> HTML in "\(Words.link(resource: name)) " }.joined()
        let rest = row.resources.count - maximumNames
        let more: HTML = rest > 0 ? "and \(rest) more: <code>ima status --json</code>" : ""
        return "<details id=\"failure-\(index)\"><summary>each</summary>\(names)\(more)</details>"
    }
}
