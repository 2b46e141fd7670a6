/// JSON text on its way into the journal, as it is put together.
struct JournalBytes {
    private static let digits = Array("0123456789abcdef".utf8)

    private var bytes: [UInt8] = []

    init() { bytes.reserveCapacity(1024) }

    var count: Int { bytes.count }

    mutating func append(_ byte: UInt8) { bytes.append(byte) }

    mutating func write(_ text: String) {
        var text = text
        bytes.append(0x22)
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
        bytes.append(0x22)
    }

    private mutating func escape(_ byte: UInt8) {
        bytes.append(0x5C)
        guard byte < 0x20 else { return bytes.append(byte) }
        bytes.append(contentsOf: "u00".utf8)
        bytes.append(Self.digits[Int(byte >> 4)])
        bytes.append(Self.digits[Int(byte & 15)])
    }

    mutating func write(literal: String) { bytes.append(contentsOf: literal.utf8) }

    /// Text that is JSON as it stands.
    mutating func write(json: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: json.utf8Start, count: json.utf8CodeUnitCount))
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }
}
