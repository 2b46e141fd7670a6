import Foundation

/// Writes values as JSON, straight into bytes.
///
/// What the journal holds is written thousands of times in a breach, and Foundation's encoder makes a tree of objects of
/// each value first. What comes out is the same, but for the order of members. As in all code that the compiler writes,
/// a value ends its inner containers before it goes on with the outer ones; where one does not, that is an error. `Data`
/// and `Date` have no spelling of their own here, and no record of the journal has one.
struct JournalEncoder {
    private final class Output {
        /// An object or array that is not closed yet.
        struct Open {
            let isObject: Bool
            var isEmpty = true
        }

        private static let digits = Array("0123456789abcdef".utf8)
        /// As a C string: the quote, the backslash, and all control characters but NUL, at which it stops anyway.
        private static let escaped: [CChar] = [0x22, 0x5C] + Array(1...31) + [0]

        var bytes: [UInt8] = []
        var open: [Open] = []

        init() { bytes.reserveCapacity(1024) }

        /// Closes all that lies deeper.
        func close(to depth: Int) {
            while open.count > depth { bytes.append(open.removeLast().isObject ? 0x7D : 0x5D) }
        }

        func begin(isObject: Bool) -> Int {
            bytes.append(isObject ? 0x7B : 0x5B)
            open.append(Open(isObject: isObject))
            return open.count
        }

        /// Before a member or element of the container at some depth.
        func separate(at depth: Int, _ path: [any CodingKey]) throws {
            guard open.count >= depth else {
                throw EncodingError.invalidValue(
                    (), .init(codingPath: path, debugDescription: "a container was written to after its end"))
            }
            close(to: depth)
            if open[depth - 1].isEmpty { open[depth - 1].isEmpty = false } else { bytes.append(0x2C) }
        }

        func write(_ text: String) {
            bytes.append(0x22)
            // What needs no escape is taken over in runs, found by the C library: an alert's payload is megabytes.
            text.withCString { start in
                var rest = start
                let end = start + text.utf8.count
                while rest < end {
                    let run = strcspn(rest, Self.escaped)
                    bytes.append(contentsOf: UnsafeRawBufferPointer(start: rest, count: run))
                    rest += run
                    guard rest < end else { break }
                    let byte = UInt8(bitPattern: rest.pointee)
                    if byte < 0x20 {
                        bytes.append(contentsOf: "\\u00".utf8)
                        bytes.append(Self.digits[Int(byte >> 4)])
                        bytes.append(Self.digits[Int(byte & 15)])
                    } else {
                        bytes.append(0x5C)
                        bytes.append(byte)
                    }
                    rest += 1
                }
            }
            bytes.append(0x22)
        }

        func write(literal: String) { bytes.append(contentsOf: literal.utf8) }

        func write(_ value: some Encodable, _ path: [any CodingKey]) throws {
            switch value {
            case let text as String: write(text)
            case let flag as Bool: write(literal: flag ? "true" : "false")
            case let number as Int: write(literal: String(number))
            case let number as Int64: write(literal: String(number))
            default:
                let depth = open.count
                let length = bytes.count
                try value.encode(to: JournalEncoder.Value(output: self, codingPath: path))
                close(to: depth)
                guard bytes.count > length else {
                    throw EncodingError.invalidValue(
                        value, .init(codingPath: path, debugDescription: "it encoded nothing"))
                }
            }
        }
    }

    static func encode(_ value: some Encodable) throws -> String {
        let output = Output()
        try output.write(value, [])
        return String(decoding: output.bytes, as: UTF8.self)
    }

    private struct Value: Encoder {
        let output: Output
        let codingPath: [any CodingKey]
        var userInfo: [CodingUserInfoKey: Any] { [:] }

        func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
            KeyedEncodingContainer(
                Keyed(output: output, depth: output.begin(isObject: true), codingPath: codingPath))
        }

        func unkeyedContainer() -> any UnkeyedEncodingContainer {
            Unkeyed(output: output, depth: output.begin(isObject: false), codingPath: codingPath)
        }

        func singleValueContainer() -> any SingleValueEncodingContainer {
            Single(output: output, codingPath: codingPath)
        }
    }

    private struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
        let output: Output
        let depth: Int
        let codingPath: [any CodingKey]

        private func name(_ key: any CodingKey) throws {
            try output.separate(at: depth, codingPath)
            output.write(key.stringValue)
            output.bytes.append(0x3A)
        }

        func encodeNil(forKey key: Key) throws {
            try name(key)
            output.write(literal: "null")
        }

        func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
            try name(key)
            try output.write(value, codingPath + [key])
        }

        func nestedContainer<Nested: CodingKey>(
            keyedBy keyType: Nested.Type, forKey key: Key
        ) -> KeyedEncodingContainer<Nested> {
            // The protocol has no way to fail here; what is wrong shows at the first write into it.
            try? name(key)
            return Value(output: output, codingPath: codingPath + [key]).container(keyedBy: keyType)
        }

        func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
            try? name(key)
            return Value(output: output, codingPath: codingPath + [key]).unkeyedContainer()
        }

        func superEncoder() -> any Encoder { Value(output: output, codingPath: codingPath) }
        func superEncoder(forKey key: Key) -> any Encoder { Value(output: output, codingPath: codingPath + [key]) }
    }

    private struct Unkeyed: UnkeyedEncodingContainer {
        let output: Output
        let depth: Int
        let codingPath: [any CodingKey]
        private(set) var count = 0

        init(output: Output, depth: Int, codingPath: [any CodingKey]) {
            self.output = output
            self.depth = depth
            self.codingPath = codingPath
        }

        mutating func encodeNil() throws {
            try output.separate(at: depth, codingPath)
            count += 1
            output.write(literal: "null")
        }

        mutating func encode<Value: Encodable>(_ value: Value) throws {
            try output.separate(at: depth, codingPath)
            count += 1
            try output.write(value, codingPath)
        }

        mutating func nestedContainer<Nested: CodingKey>(
            keyedBy keyType: Nested.Type
        ) -> KeyedEncodingContainer<Nested> {
            try? output.separate(at: depth, codingPath)
            count += 1
            return Value(output: output, codingPath: codingPath).container(keyedBy: keyType)
        }

        mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
            try? output.separate(at: depth, codingPath)
            count += 1
            return Value(output: output, codingPath: codingPath).unkeyedContainer()
        }

        func superEncoder() -> any Encoder { Value(output: output, codingPath: codingPath) }
    }

    private struct Single: SingleValueEncodingContainer {
        let output: Output
        let codingPath: [any CodingKey]

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
                throw EncodingError.invalidValue(value, .init(codingPath: codingPath, debugDescription: "not finite"))
            }
            output.write(literal: "\(value)")
        }

        func encode(_ value: Float) throws { try encode(Double(value)) }
        func encode<Value: Encodable>(_ value: Value) throws { try output.write(value, codingPath) }
    }
}
