import StrictJSON

/// A value that is an object in a record: all that is known of its spelling is its table of fields.
protocol RecordFields: RecordValue {
    /// In the order in which they are written.
    static var fields: [RecordField<Self>] { get }
    /// The value as far as its fixed fields make it.
    init(beginning source: RecordSource) throws
}

extension RecordFields {
    func write(to text: inout RecordText) {
        text.beginObject()
        writeFields(to: &text)
        text.endObject()
    }

    func writeFields(to text: inout RecordText) {
        // In place: each copy of a field would count half a dozen references up and down.
        Self.fields.withUnsafeBufferPointer { fields in
            for index in fields.indices { fields[index].write(self, &text) }
        }
    }

    init(reading source: RecordSource) throws {
        guard source.json.object != nil else { throw RecordError("is \(source.json.kind), not an object") }
        self = try .init(beginning: source)
        for field in Self.fields { try field.read(&self, source) }
    }
}
