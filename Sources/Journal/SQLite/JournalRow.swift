import GRDB

/// A row of the journal. A file is a stranger: a cell that holds something of another type than its column's is an error
/// that says where it is, and never the end of the process.
struct JournalRow {
    /// What a cell holds in place of what its column is for.
    struct Misfit: Error, CustomStringConvertible {
        let description: String
    }

    private let row: Row
    private let table: String
    /// The columns that tell it apart from others.
    private let key: [String]

    /// - Parameters:
    ///   - table: of which the rows are, for errors
    ///   - key: the columns that an error names a row by
    static func all(
        _ db: Database, _ table: String, by key: String..., sql: String,
        arguments: StatementArguments = StatementArguments()
    ) throws -> [JournalRow] {
        try Row.fetchAll(db.cachedStatement(sql: sql), arguments: arguments).map {
            JournalRow(row: $0, table: table, key: key)
        }
    }

    /// What a column's cell holds.
    ///
    /// - Throws: ``Misfit``
    subscript<Value: DatabaseValueConvertible>(column: String) -> Value {
        get throws {
            guard row.hasColumn(column) else { throw Misfit(description: "\(table) has no column \(column)") }
            guard let value = Value.fromDatabaseValue(row[column]) else {
                throw Misfit(
                    description: "\(place): \(column) is \(Self.told(row[column])), not \(Self.name(Value.self))")
            }
            return value
        }
    }

    /// What a column's cell holds; nil where it is NULL.
    ///
    /// - Throws: ``Misfit``
    func optional<Value: DatabaseValueConvertible>(_ column: String) throws -> Value? {
        let cell: DatabaseValue = try self[column]
        return cell.isNull ? nil : try self[column]
    }

    /// Which row it is, for errors.
    private var place: String {
        let names = key.filter { row.hasColumn($0) }.map { "\($0) \(Self.told(row[$0]))" }
        return "\(table)" + (names.isEmpty ? "" : ", \(names.joined(separator: ", "))")
    }

    private static func told(_ cell: DatabaseValue) -> String {
        switch cell.storage {
        case .null: "NULL"
        case .int64(let number): "\(number)"
        case .double(let number): "\(number)"
        case .string(let text): "\"\(text.prefix(60))\""
        case .blob(let bytes): "a blob of \(bytes.count) bytes"
        }
    }

    private static func name(_ type: any DatabaseValueConvertible.Type) -> String {
        switch type {
        case is String.Type: "a text"
        case is Int.Type, is Int64.Type: "a whole number"
        case is Bool.Type: "true or false"
        default: "bytes"
        }
    }
}
