import Shedding

/// Writes values as JSON, straight into bytes.
///
/// What the journal holds is written thousands of times in a breach, and Foundation's encoder makes a tree of objects of
/// each value first. What comes out is the same, but for the order of members. As in all code that the compiler writes,
/// a value ends its inner containers before it goes on with the outer ones; where one does not, that is an error. `Data`
/// and `Date` have no spelling of their own here, and no record of the journal has one. Coding paths are not kept: a
/// list for each member took more time than the rest.
struct JournalEncoder {
    static func encode(_ value: some Encodable) throws -> String {
        let output = JournalText()
        try output.write(value)
        return output.text
    }

    static func encode(_ entry: ControlEntry) -> String {
        var output = JournalBytes()
        output.write(entry)
        return output.text
    }

    struct Value: Encoder {
        let output: JournalText
        var codingPath: [any CodingKey] { [] }
        var userInfo: [CodingUserInfoKey: Any] { [:] }

        func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
            KeyedEncodingContainer(Keyed(output: output, depth: output.begin(isObject: true)))
        }

        func unkeyedContainer() -> any UnkeyedEncodingContainer {
            Unkeyed(output: output, depth: output.begin(isObject: false))
        }

        func singleValueContainer() -> any SingleValueEncodingContainer { Single(output: output) }
    }

    private struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
        let output: JournalText
        let depth: Int
        var codingPath: [any CodingKey] { [] }

        private func name(_ key: Key) throws {
            try output.separate(at: depth)
            output.write(key.stringValue)
            output.write(json: ":")
        }

        func encodeNil(forKey key: Key) throws {
            try name(key)
            output.write(literal: "null")
        }

        func encode(_ value: String, forKey key: Key) throws {
            try name(key)
            output.write(value)
        }

        func encode(_ value: Bool, forKey key: Key) throws {
            try name(key)
            output.write(literal: value ? "true" : "false")
        }

        func encode(_ value: Int, forKey key: Key) throws {
            try name(key)
            output.write(literal: String(value))
        }

        func encode(_ value: Int64, forKey key: Key) throws {
            try name(key)
            output.write(literal: String(value))
        }

        func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
            try name(key)
            try output.write(value)
        }

        func nestedContainer<Nested: CodingKey>(
            keyedBy keyType: Nested.Type, forKey key: Key
        ) -> KeyedEncodingContainer<Nested> {
            // The protocol has no way to fail here; what is wrong shows at the first write into it.
            try? name(key)
            return Value(output: output).container(keyedBy: keyType)
        }

        func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
            try? name(key)
            return Value(output: output).unkeyedContainer()
        }

        func superEncoder() -> any Encoder { Value(output: output) }
        func superEncoder(forKey key: Key) -> any Encoder { Value(output: output) }
    }

    private struct Unkeyed: UnkeyedEncodingContainer {
        let output: JournalText
        let depth: Int
        var codingPath: [any CodingKey] { [] }
        private(set) var count = 0

        init(output: JournalText, depth: Int) {
            self.output = output
            self.depth = depth
        }

        private mutating func next() throws {
            try output.separate(at: depth)
            count += 1
        }

        mutating func encodeNil() throws {
            try next()
            output.write(literal: "null")
        }

        mutating func encode<Value: Encodable>(_ value: Value) throws {
            try next()
            try output.write(value)
        }

        mutating func nestedContainer<Nested: CodingKey>(
            keyedBy keyType: Nested.Type
        ) -> KeyedEncodingContainer<Nested> {
            try? next()
            return Value(output: output).container(keyedBy: keyType)
        }

        mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
            try? next()
            return Value(output: output).unkeyedContainer()
        }

        func superEncoder() -> any Encoder { Value(output: output) }
    }

    private struct Single: SingleValueEncodingContainer {
        let output: JournalText
        var codingPath: [any CodingKey] { [] }

        func encodeNil() { output.write(literal: "null") }
        func encode(_ value: Bool) { output.write(literal: value ? "true" : "false") }
        func encode(_ value: String) { output.write(value) }
        func encode(_ value: Int) { output.write(literal: String(value)) }
        func encode(_ value: Int8) { output.write(literal: String(value)) }
        func encode(_ value: Int16) { output.write(literal: String(value)) }
        func encode(_ value: Int32) { output.write(literal: String(value)) }
        func encode(_ value: Int64) { output.write(literal: String(value)) }
        func encode(_ value: UInt) { output.write(literal: String(value)) }
        func encode(_ value: UInt8) { output.write(literal: String(value)) }
        func encode(_ value: UInt16) { output.write(literal: String(value)) }
        func encode(_ value: UInt32) { output.write(literal: String(value)) }
        func encode(_ value: UInt64) { output.write(literal: String(value)) }

        func encode(_ value: Double) throws {
            guard value.isFinite else {
                throw EncodingError.invalidValue(value, .init(codingPath: [], debugDescription: "not finite"))
            }
            output.write(literal: "\(value)")
        }

        func encode(_ value: Float) throws { try encode(Double(value)) }
        func encode<Value: Encodable>(_ value: Value) throws { try output.write(value) }
    }
}
