/// Racks and their nodes, a cell each. Names lead to explanations; colours come with a symbol, and both with words.
enum Grid {
    /// How many of each state there are; each a filter.
    static func legend(_ rows: [ResourceRow]) -> HTML {
        var counts: [ResourceState: Int] = [:]
        for row in rows { counts[row.state, default: 0] += 1 }
        var html: HTML = "<ul class=\"legend\">"
        for state in ResourceState.allCases where state != .place {
            guard let count = counts[state] else { continue }
            html += """
                <li><a href="/?q=\(percent: state.words)#where"><span class="cell s-\(state.rawValue)" \
                aria-hidden="true"></span>\(count) \(state.words)</a></li>
                """
        }
        return html + "</ul>"
    }

    private struct Rack {
        let name: String?
        var cells: [ResourceRow] = []
    }

    /// More cells than this are drawn smaller: seen together they say more.
    private static let spaciousThreshold = 1500

    /// What holds more than a rack does is as wide as the page.
    private static let maximumInColumn = 72

    /// - Parameter needle: in lower case; only what it means is shown
    static func html(_ rows: [ResourceRow], matching needle: String = "") -> HTML {
        let racks = racks(rows, needle)
        guard !racks.isEmpty else {
            return rows.isEmpty
                ? "<p class=\"none\">the inventory has no nodes</p>"
                : "<p class=\"none\">nothing here matches; <a href=\"/\">show all</a></p>"
        }
        let isDense = racks.map(\.cells.count).reduce(0, +) > spaciousThreshold
        var html: HTML = "<div class=\"racks\(isDense ? " dense" : "")\">"
        for rack in racks {
            html +=
                rack.cells.count > maximumInColumn
                ? "<section class=\"rack room\"><h3>" : "<section class=\"rack\"><h3>"
            html += rack.name.map { Words.link(resource: $0) } ?? "no rack"
            html += "</h3><div class=\"cells\">"
            for row in rack.cells { html += cell(row) }
            html += "</div></section>"
        }
        return html + "</div>"
    }

    private static func cell(_ row: ResourceRow) -> HTML {
        """
        <a class="cell s-\(row.state.rawValue)\(row.isFrozen ? " frozen" : "")" data-node="\(row.id)" \
        href="/resources/\(percent: row.id)" aria-label="\(row.label)"></a>
        """
    }

    /// Nodes, and chassis that have a BMC of their own; GPUs are in the cell of what they lie in.
    static func cells(_ rows: [ResourceRow]) -> [ResourceRow] {
        var worst: [String: ResourceRow] = [:]
        for row in rows where row.type == "gpu" {
            guard let parent = row.parent else { continue }
            if let known = worst[parent], known.state.rank <= row.state.rank { continue }
            worst[parent] = row
        }
        return rows.compactMap { row in
            guard row.type == "node" || row.type == "chassis" && row.bmc != nil else { return nil }
            guard let gpu = worst[row.id], gpu.state.rank < row.state.rank else { return row }
            var cell = row
            cell.worsen(
                gpu.state, "\(gpu.id)\(gpu.why.map { ": \($0)" } ?? gpu.held.first.map { " holds \($0)" } ?? "")")
            return cell
        }
    }

    private static func racks(_ rows: [ResourceRow], _ needle: String) -> [Rack] {
        let gpus =
            needle.isEmpty ? [] : Set(rows.filter { $0.type == "gpu" && $0.matches(needle) }.compactMap(\.parent))
        var racks: [Rack] = []
        var places: [String?: Int] = [:]
        for row in cells(rows) where row.matches(needle) || gpus.contains(row.id) {
            if let place = places[row.parent] {
                racks[place].cells.append(row)
            } else {
                places[row.parent] = racks.count
                racks.append(Rack(name: row.parent, cells: [row]))
            }
        }
        return racks
    }
}
