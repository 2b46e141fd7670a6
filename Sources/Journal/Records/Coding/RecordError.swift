/// What is wrong with a record: which member of it, and what it is instead.
struct RecordError: Error, Sendable, CustomStringConvertible {
    /// The record: its kind, and which one it is.
    private(set) var record: String?
    /// From the record inwards.
    private(set) var path: [String] = []
    let reason: String

    init(_ reason: String) { self.reason = reason }

    /// The same, of a member.
    func within(_ name: String) -> RecordError {
        var error = self
        error.path.insert(name, at: 0)
        return error
    }

    /// The same, of a record.
    func within(kind: String, row: String) -> RecordError {
        var error = self
        error.record = row.isEmpty ? kind : "\(kind) \(row)"
        return error
    }

    var description: String {
        let place = [record, path.isEmpty ? nil : path.joined(separator: ".")].compactMap { $0 }
        return (place + [reason]).joined(separator: ": ")
    }
}
