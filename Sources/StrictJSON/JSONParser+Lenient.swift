/// What ``JSONDialect/lenient`` takes beyond RFC 8259.
extension JSONParser {
    /// Steps over white space; over a byte order mark and NULs too where that is allowed.
    mutating func skipSurroundings() {
        if isLenient, position == 0, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        skipSpace()
        while isLenient, current == 0 {
            position += 1
            skipSpace()
        }
    }

    /// `null`, a number, or the word that some write for one: what is no number is not nothing either.
    mutating func lenientWord() throws -> JSONValue {
        let start = position
        while let byte = current, Self.isOfWord(byte) { position += 1 }
        let end = position
        let word = UnsafeBufferPointer(rebasing: bytes[start..<end])
        if word.elementsEqual("null".utf8) { return .null }
        // What is spelled as it should be stays as it was spelled.
        position = start
        if let first = word.first, first == UInt8(ascii: "-") || Self.isDigit(first), let number = try? number(),
            position == end
        {
            return .number(number)
        }
        position = end
        let hasSign = word.first == UInt8(ascii: "-") || word.first == UInt8(ascii: "+")
        let isNegative = word.first == UInt8(ascii: "-")
        let rest = word.dropFirst(hasSign ? 1 : 0)
        if Self.noNumbers.contains(String(decoding: rest.prefix(16), as: UTF8.self).lowercased()) {
            return .string(String(decoding: word, as: UTF8.self))
        }
        if let first = rest.first, Self.isDigit(first) || first == UInt8(ascii: ".") {
            guard let literal = Self.literal(rest) else {
                position = start
                throw error("no value starts like this")
            }
            // A number longer than any quantity is no quantity.
            guard literal.utf8.count < limits.numberLength else {
                // Cut, and marked so that it reads as no other number.
                return .string(String(decoding: word.prefix(limits.numberLength), as: UTF8.self) + "…")
            }
            return .number(JSONNumber(literal: (isNegative ? "-" : "") + literal))
        }
        position = start
        throw error("no value starts like this")
    }

    /// As printf and its relatives write what is no number.
    private static let noNumbers: Set<String> = ["nan", "nanq", "nans", "inf", "infinity", "1.#inf", "1.#qnan"]

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isOfWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "+-.#".utf8.contains(byte)
        }
    }

    /// A number without a sign, as RFC 8259 spells it; nil where it is none.
    private static func literal(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> String? {
        var rest = text
        func digits() -> String {
            let run = rest.prefix(while: isDigit)
            rest = rest[run.endIndex...]
            return String(decoding: run, as: UTF8.self)
        }
        let whole = digits().drop { $0 == "0" }
        var literal = whole.isEmpty ? "0" : String(whole)
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            let fraction = digits()
            if !fraction.isEmpty { literal += "." + fraction }
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            var exponent = "e"
            if rest.first == UInt8(ascii: "-") { exponent += "-" }
            if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
            let number = digits()
            guard !number.isEmpty else { return nil }
            literal += exponent + number
        }
        return rest.isEmpty && text.contains(where: isDigit) ? literal : nil
    }

    /// The character of an escape whose `u` was stepped over; U+FFFD for what is none.
    mutating func lenientUnicodeEscape(into output: inout [UInt8]) {
        let start = position
        if let scalar = try? unicodeEscape() {
            output.append(contentsOf: Array(String(scalar).utf8))
            return
        }
        // Half a pair, or no digits: only what certainly belongs to it is stepped over.
        position = start
        if (try? hexQuad()) == nil { position = start }
        output.append(contentsOf: "\u{FFFD}".utf8)
    }
}
