public import StrictJSON

/// The cells of the page's grid: nodes, and chassis that have a BMC of their own, with what is wrong inside of them.
public enum PageCells {
    public static func all(_ rows: [ResourceRow]) -> [ResourceRow] { Grid.cells(rows) }

    /// As the page's script takes it.
    public static func json(_ row: ResourceRow) -> JSONValue {
        [
            "id": .string(row.id), "state": .string(row.state.rawValue), "frozen": .bool(row.isFrozen),
            "label": .string(row.label),
        ]
    }
}
