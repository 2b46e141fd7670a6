import StrictJSON

/// The one way into the journal's rows and out of them.
enum RecordCoder {
    /// The member that holds the version. Rows without it are of version 0: Swift's `Codable` wrote them.
    private static let version = RecordName("v")

    static func encode<Kind: JournalRecord>(_ record: Kind) -> String {
        var text = RecordText()
        text.beginObject()
        text.name(version.key)
        text.write(Kind.version)
        record.writeFields(to: &text)
        text.endObject()
        return text.text
    }

    /// - Parameter row: which one it is, for the error
    /// - Throws: ``RecordError``
    static func decode<Kind: JournalRecord>(
        _ text: String, row: String = "", as kind: Kind.Type = Kind.self
    ) throws -> Kind {
        do {
            var text = text
            // Nothing here came from outside but what was measured when it came in.
            let json = try text.withUTF8 { try JSONValue(parsing: $0, limits: .widest) }
            let version = try RecordSource(json: json, version: 1).optional(version.name) ?? 0
            guard (0...Kind.version).contains(version) else {
                throw RecordError("is of version \(version), and this ima reads up to \(Kind.version); run a newer one")
            }
            return try Kind(reading: RecordSource(json: json, version: version))
        } catch let error as RecordError {
            throw error.within(kind: Kind.kind, row: row)
        } catch {
            throw RecordError("is no JSON: \(error)").within(kind: Kind.kind, row: row)
        }
    }
}
