import StrictJSON

/// A value of a record on its way out of the journal.
struct RecordSource: Sendable {
    let json: JSONValue
    /// Of the record that it is part of.
    let version: Int

    /// Whether it was written before records had names and versions of their own: by Swift's `Codable`, under the names
    /// of its properties and cases.
    var isEarlier: Bool { version == 0 }

    // MARK: Members

    /// - Returns: nil where there is none
    func optional<Value: RecordValue>(_ name: String) throws -> Value? {
        guard let member = json[name] else { return nil }
        do {
            return try Value(reading: RecordSource(json: member, version: version))
        } catch let error as RecordError {
            throw error.within(name)
        }
    }

    func required<Value: RecordValue>(_ name: String) throws -> Value {
        guard let value: Value = try optional(name) else {
            throw RecordError(json.object == nil ? "is \(json.kind), not an object" : "has no \"\(name)\"")
        }
        return value
    }

    /// - Parameter earlier: its name in records of version 0
    func required<Value: RecordValue>(_ name: String, earlier: String) throws -> Value {
        try required(isEarlier ? earlier : name)
    }

    // MARK: Choices

    /// Of an enumeration's case as Swift's `Codable` wrote it, `{"name": {"label": value}}`: its name, and what belongs to it.
    func earlierCase() throws -> (name: String, values: RecordSource) {
        guard let members = json.object?.members, members.count == 1, let only = members.first else {
            throw RecordError("is \(json.kind), not an object with one member")
        }
        return (only.key, RecordSource(json: only.value, version: version))
    }

    func unknown(_ name: String) -> RecordError { RecordError("is \"\(name)\", which this version does not know") }

    // MARK: Plain values

    /// A whole number.
    ///
    /// - Parameter earlier: the property that held it, where it was a structure's only one
    func integer(earlier: String) throws -> Int64 { try isEarlier ? required(earlier) : Int64(reading: self) }

    /// - Parameter earlier: likewise
    func string(earlier: String) throws -> String { try isEarlier ? required(earlier) : String(reading: self) }

    func wrong(_ wanted: String) -> RecordError {
        let text = json.text
        return RecordError("is \(text.count > 60 ? "\(text.prefix(60))…" : text), not \(wanted)")
    }
}
