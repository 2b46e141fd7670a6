import Journal
import Page
import StrictJSON

/// What differs between two moments, as it is sent to those who listen. A state is never sent: that is what the other
/// routes are for.
struct BoardChange: Sendable {
    /// Who looks.
    enum Audience: String, Sendable, Hashable {
        /// Values as the other routes have them.
        case programs
        /// Parts of the page, and its cells.
        case page
    }

    let version: String
    /// Event names and their data.
    let programs: [(name: String, data: String)]
    let page: [(name: String, data: String)]

    /// - Returns: nil where nothing differs that anybody is shown
    init?(from old: BoardView, to new: BoardView, version: String) {
        var programs: [(name: String, data: String)] = []
        var page: [(name: String, data: String)] = []
        if let patch = new.summary.mergePatch(from: old.summary) { programs.append(("status", patch.text)) }
        let (rows, gone) = Self.changes(old.rows, new.rows)
        if !rows.isEmpty { programs.append(("resources", JSONValue.array(rows.map(\.json)).text)) }
        if !gone.isEmpty { programs.append(("removed", JSONValue.array(gone.map(JSONValue.string)).text)) }
        let seen = old.history.last?.sequence ?? 0
        let lines = new.history.filter { $0.sequence > seen }
        if !lines.isEmpty { programs.append(("history", HistoryAnswer.json(lines).text)) }
        if new.cells.map(\.id) != old.cells.map(\.id) {
            page.append(("reset", "{}"))
        } else {
            let (cells, _) = Self.changes(old.cells, new.cells)
            if !cells.isEmpty { page.append(("resources", JSONValue.array(cells.map(PageCells.json)).text)) }
        }
        var parts = JSONObject()
        for (one, other) in zip(old.parts, new.parts) where one.html != other.html {
            parts[other.id] = .string(other.html.text)
        }
        let title = PageDocument.title(new.input)
        if title != PageDocument.title(old.input) { parts["title"] = .string(title) }
        if !parts.isEmpty { page.append(("parts", JSONValue.object(parts).text)) }
        if programs.isEmpty, page.isEmpty { return nil }
        self.version = version
        self.programs = programs
        self.page = page
    }

    func events(for audience: Audience) -> [(name: String, data: String)] {
        switch audience {
        case .programs: programs
        case .page: page
        }
    }

    /// How much it is for the one who is sent most.
    var size: Int {
        max(programs.map(\.data.utf8.count).reduce(0, +), page.map(\.data.utf8.count).reduce(0, +))
    }

    private static func changes(_ old: [ResourceRow], _ new: [ResourceRow]) -> ([ResourceRow], gone: [String]) {
        if old.count == new.count, zip(old, new).allSatisfy({ $0.id == $1.id }) {
            return (zip(old, new).filter { $0 != $1 }.map(\.1), [])
        }
        let before = Dictionary(old.map { ($0.id, $0) }) { first, _ in first }
        let ids = Set(new.map(\.id))
        return (new.filter { before[$0.id] != $0 }, old.map(\.id).filter { !ids.contains($0) })
    }
}
