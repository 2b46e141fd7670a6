import StrictJSON

/// JSON text of a record as it is put together.
///
/// Rows are written thousands of times in a breach, so nothing is made of a value first but its bytes.
struct RecordText {
    private static let digits = Array("0123456789abcdef".utf8)

    private var bytes: [UInt8] = []

    init() { bytes.reserveCapacity(1024) }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    // MARK: Objects and lists

    mutating func beginObject() { bytes.append(0x7B) }

    mutating func endObject() { bytes.append(0x7D) }

    /// The name of the next member.
    ///
    /// - Parameter key: as ``RecordName/key`` has it, with the comma before it
    mutating func name(_ key: [UInt8]) {
        key.withUnsafeBufferPointer { key in
            bytes.append(contentsOf: bytes.last == 0x7B ? UnsafeBufferPointer(rebasing: key.dropFirst()) : key)
        }
    }

    mutating func list<Element: RecordValue>(_ elements: some Sequence<Element>) {
        bytes.append(0x5B)
        var isFirst = true
        for element in elements {
            if !isFirst { bytes.append(0x2C) }
            isFirst = false
            element.write(to: &self)
        }
        bytes.append(0x5D)
    }

    /// An object with one member, of a name that needs no escape.
    mutating func only<Value: RecordValue>(_ name: StaticString, _ value: Value) {
        bytes.append(0x7B)
        member(name, value)
        bytes.append(0x7D)
    }

    /// A member of a name that needs no escape.
    mutating func member<Value: RecordValue>(_ name: StaticString, _ value: Value) {
        if bytes.last != 0x7B { bytes.append(0x2C) }
        bytes.append(0x22)
        bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(0x22)
        bytes.append(0x3A)
        value.write(to: &self)
    }

    // MARK: Values

    mutating func write(_ text: String) {
        bytes.append(0x22)
        append(text)
        bytes.append(0x22)
    }

    /// A text of two parts with a slash between them.
    mutating func write(_ first: String, slash second: String) {
        bytes.append(0x22)
        append(first)
        bytes.append(0x2F)
        append(second)
        bytes.append(0x22)
    }

    mutating func write(_ number: some FixedWidthInteger) {
        // No whole number of 64 bits has more digits than 20.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 21) { buffer in
            var start = buffer.endIndex
            var rest = UInt64(number.magnitude)
            repeat {
                start -= 1
                buffer[start] = 0x30 + UInt8(rest % 10)
                rest /= 10
            } while rest > 0
            if number < 0 {
                start -= 1
                buffer[start] = 0x2D
            }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: buffer[start...]))
        }
    }

    mutating func write(_ flag: Bool) { bytes.append(contentsOf: (flag ? "true" : "false").utf8) }

    mutating func write(json: JSONValue) {
        switch json {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let flag): write(flag)
        case .number(let number): bytes.append(contentsOf: number.text.utf8)
        case .string(let string): write(string)
        case .array(let elements):
            bytes.append(0x5B)
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(0x2C) }
                write(json: element)
            }
            bytes.append(0x5D)
        case .object(let object):
            bytes.append(0x7B)
            for (index, member) in object.members.enumerated() {
                if index > 0 { bytes.append(0x2C) }
                write(member.key)
                bytes.append(0x3A)
                write(json: member.value)
            }
            bytes.append(0x7D)
        }
    }

    private mutating func append(_ text: String) {
        var text = text
        // What needs no escape is taken over in runs: an alert's payload is megabytes.
        text.withUTF8 { text in
            var start = 0
            for (index, byte) in text.enumerated() where byte < 0x20 || byte == 0x22 || byte == 0x5C {
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start..<index]))
                start = index + 1
                escape(byte)
            }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start...]))
        }
    }

    private mutating func escape(_ byte: UInt8) {
        bytes.append(0x5C)
        guard byte < 0x20 else { return bytes.append(byte) }
        bytes.append(contentsOf: "u00".utf8)
        bytes.append(Self.digits[Int(byte >> 4)])
        bytes.append(Self.digits[Int(byte & 15)])
    }
}
