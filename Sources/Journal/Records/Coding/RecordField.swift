/// One member of a record: its name, and the ways between it and the value.
struct RecordField<Record>: Sendable {
    typealias Set<Value> = @Sendable (inout Record, Value) -> Void
    typealias Get<Value> = @Sendable (Record) -> Value

    let name: RecordName
    let write: @Sendable (Record, inout RecordText) -> Void
    let read: @Sendable (inout Record, RecordSource) throws -> Void

    /// A member without which there is no record.
    static func required<Value: RecordValue>(
        _ name: String, earlier: String? = nil, _ get: @escaping Get<Value>, _ set: @escaping Set<Value>
    ) -> Self {
        let name = RecordName(name, earlier: earlier)
        return Self(
            name: name,
            write: { record, text in
                text.name(name.key)
                get(record).write(to: &text)
            }, read: { record, source in set(&record, try source.required(name.spelled(in: source))) })
    }

    /// One that is read by what the record begins with (``RecordFields/init(beginning:)``).
    static func fixed<Value: RecordValue>(
        _ name: String, earlier: String? = nil, _ get: @escaping Get<Value>
    ) -> Self {
        let name = RecordName(name, earlier: earlier)
        return Self(
            name: name,
            write: { record, text in
                text.name(name.key)
                get(record).write(to: &text)
            }, read: { _, _ in })
    }

    /// The same, left out where there is no value.
    static func fixed<Value: RecordValue>(
        optional name: String, earlier: String? = nil, _ get: @escaping Get<Value?>
    ) -> Self {
        let name = RecordName(name, earlier: earlier)
        return Self(
            name: name,
            write: { record, text in
                guard let value = get(record) else { return }
                text.name(name.key)
                value.write(to: &text)
            }, read: { _, _ in })
    }

    /// One that is left out where there is no value.
    static func optional<Value: RecordValue>(
        _ name: String, earlier: String? = nil, _ get: @escaping Get<Value?>, _ set: @escaping Set<Value>
    ) -> Self {
        let name = RecordName(name, earlier: earlier)
        return Self(
            name: name,
            write: { record, text in
                guard let value = get(record) else { return }
                text.name(name.key)
                value.write(to: &text)
            },
            read: { record, source in
                if let value: Value = try source.optional(name.spelled(in: source)) { set(&record, value) }
            })
    }

    /// One that is left out where it is false.
    static func flag(
        _ name: String, earlier: String? = nil, _ get: @escaping Get<Bool>, _ set: @escaping Set<Bool>
    ) -> Self { optional(name, earlier: earlier, { get($0) ? true : nil }, set) }

    /// One that is left out where it is empty.
    static func list<Value: RecordValue>(
        _ name: String, earlier: String? = nil, _ get: @escaping Get<[Value]>, _ set: @escaping Set<[Value]>
    ) -> Self {
        optional(
            name, earlier: earlier,
            { record in
                let values = get(record)
                return values.isEmpty ? nil : values
            }, set)
    }
}
