import Journal
import Page
import PowerEvents
import Shedding
import StrictJSON

/// What the page and the interface for programs show, worked out once for all who look.
struct BoardView: Sendable {
    let snapshot: StatusSnapshot
    let rows: [ResourceRow]
    let cells: [ResourceRow]
    let history: [HistoryLine]
    /// As ``parts`` are drawn from.
    var input: PageInput
    let parts: [(id: String, html: HTML)]
    /// Without the time and the controls.
    let summary: JSONValue

    private static let maximumPast = 20

    init(_ moment: AgentMoment, history: [HistoryLine], loads: [UUIDText: AlertedLoads.Load] = [:]) {
        var snapshot = moment.snapshot(summarises: true)
        snapshot.loads = loads
        self.snapshot = snapshot
        rows = ResourceRows.make(moment)
        cells = PageCells.all(rows)
        self.history = history
        var summary = snapshot.summary
        input = PageInput(
            status: .object(summary), failures: FailureRows.make(moment, snapshot), resources: rows,
            history: HistoryAnswer.json(history).array ?? [], past: [])
        input.past = snapshot.past.prefix(Self.maximumPast).map { snapshot.json($0) }
        parts = PageParts.all(input)
        summary["at"] = nil
        self.summary = .object(summary)
    }
}
