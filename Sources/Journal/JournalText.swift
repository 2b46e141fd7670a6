import Foundation
import Shedding

/// JSON text on its way into the journal.
final class JournalText {
    /// An object or array that is not closed yet.
    struct Open {
        let isObject: Bool
        var isEmpty = true
    }

    private static let digits = Array("0123456789abcdef".utf8)
    /// As a C string: the quote, the backslash, and all control characters but NUL, at which it stops anyway.
    private static let escaped: [CChar] = [0x22, 0x5C] + Array(1...31) + [0]

    private(set) var bytes: [UInt8] = []
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
    func separate(at depth: Int) throws {
        guard open.count >= depth else {
            throw EncodingError.invalidValue(
                (), .init(codingPath: [], debugDescription: "a container was written to after its end"))
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

    /// Text that is JSON as it stands.
    func write(json: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: json.utf8Start, count: json.utf8CodeUnitCount))
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    func write<Value: Encodable>(_ value: Value) throws {
        // A breach has thousands of these.
        if Value.self == PlannedHint.self, let hint = value as? PlannedHint { return write(hint) }
        let depth = open.count
        let length = bytes.count
        try value.encode(to: JournalEncoder.Value(output: self))
        close(to: depth)
        guard bytes.count > length else {
            throw EncodingError.invalidValue(
                value, .init(codingPath: [], debugDescription: "it encoded nothing"))
        }
    }
}
