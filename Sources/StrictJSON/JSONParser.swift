extension JSONValue {
    /// Reads exactly one JSON value, with nothing but white space around it.
    ///
    /// - Throws: ``JSONSyntaxError``
    public init(
        parsing bytes: some Collection<UInt8>, limits: JSONLimits = JSONLimits(), dialect: JSONDialect = .strict
    ) throws {
        let contiguous = bytes.withContiguousStorageIfAvailable { buffer in
            Result { try JSONParser.parse(buffer, limits: limits, dialect: dialect) }
        }
        if let contiguous {
            self = try contiguous.get()
        } else {
            self = try Array(bytes).withUnsafeBufferPointer {
                try JSONParser.parse($0, limits: limits, dialect: dialect)
            }
        }
    }
}

/// A recursive-descent reader over bytes. It never copies more than the strings it returns.
struct JSONParser {
    let bytes: UnsafeBufferPointer<UInt8>
    let limits: JSONLimits
    let isLenient: Bool
    var position = 0

    static func parse(
        _ bytes: UnsafeBufferPointer<UInt8>, limits: JSONLimits, dialect: JSONDialect
    ) throws -> JSONValue {
        var parser = JSONParser(bytes: bytes, limits: limits, isLenient: dialect == .lenient)
        parser.skipSurroundings()
        let value = try parser.value(depth: 0)
        parser.skipSurroundings()
        guard parser.position == bytes.count else { throw parser.error("something follows the value") }
        return value
    }

    func error(_ reason: String) -> JSONSyntaxError { JSONSyntaxError(reason: reason, offset: position) }

    var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    mutating func value(depth: Int) throws -> JSONValue {
        guard depth <= limits.depth else { throw error("nesting deeper than \(limits.depth)") }
        guard let byte = current else { throw error("the text ends where a value should be") }
        switch byte {
        case UInt8(ascii: "{"): return .object(try object(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try array(depth: depth + 1))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n") where !isLenient: return try literal("null", .null)
        case _ where isLenient: return try lenientWord()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
        default: throw error("no value starts like this")
        }
    }

    mutating func literal(_ word: StaticString, _ value: JSONValue) throws -> JSONValue {
        for offset in 0..<word.utf8CodeUnitCount {
            guard current == word.utf8Start[offset] else { throw error("no value starts like this") }
            position += 1
        }
        return value
    }

    mutating func object(depth: Int) throws -> JSONObject {
        position += 1
        var names = Names()
        skipSpace()
        if current == UInt8(ascii: "}") {
            position += 1
            return JSONObject()
        }
        var members: [JSONObject.Member] = []
        members.reserveCapacity(4)
        while true {
            guard current == UInt8(ascii: "\"") else { throw error("a member name should be here") }
            let key = try string()
            let place = names.insert(key, beside: members)
            guard place == nil || isLenient else { throw error("the member \"\(key)\" is repeated") }
            skipSpace()
            guard current == UInt8(ascii: ":") else { throw error("a colon should be here") }
            position += 1
            skipSpace()
            let member = JSONObject.Member(key: key, value: try value(depth: depth))
            if let place { members[place] = member } else { members.append(member) }
            skipSpace()
            guard try more(end: UInt8(ascii: "}")) else { return JSONObject(uniqueMembers: members) }
        }
    }

    /// Tells names that are repeated: among a few by looking at them all, which is quicker than hashing them.
    private struct Names {
        static let few = 8
        private var places: [String: Int] = [:]

        /// - Returns: the place of the member that has the name already; nil where it is new, and will be the next
        mutating func insert(_ name: String, beside members: [JSONObject.Member]) -> Int? {
            if members.count < Self.few { return members.firstIndex { $0.key == name } }
            if places.isEmpty {
                for (place, member) in members.enumerated() { places[member.key] = place }
            }
            if let place = places[name] { return place }
            places[name] = members.count
            return nil
        }
    }

    mutating func array(depth: Int) throws -> [JSONValue] {
        position += 1
        var elements: [JSONValue] = []
        skipSpace()
        if current == UInt8(ascii: "]") {
            position += 1
            return []
        }
        while true {
            elements.append(try value(depth: depth))
            skipSpace()
            guard try more(end: UInt8(ascii: "]")) else { return elements }
        }
    }

    /// Steps over a comma (true) or the closing bracket (false).
    mutating func more(end: UInt8) throws -> Bool {
        switch current {
        case UInt8(ascii: ","):
            position += 1
            skipSpace()
            guard isLenient, current == end else { return true }
            position += 1
            return false
        case end:
            position += 1
            return false
        default:
            throw error("a comma or the closing bracket should be here")
        }
    }

    mutating func number() throws -> JSONNumber {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        if current == UInt8(ascii: "0") {
            position += 1
        } else {
            guard digits() > 0 else { throw error("a digit should be here") }
        }
        if current == UInt8(ascii: ".") {
            position += 1
            guard digits() > 0 else { throw error("a digit should follow the point") }
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            guard digits() > 0 else { throw error("a digit should follow the exponent sign") }
        }
        guard position - start <= limits.numberLength else {
            throw error("a number longer than \(limits.numberLength) bytes")
        }
        return JSONNumber(
            literal: String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<position]), as: UTF8.self))
    }

    mutating func digits() -> Int {
        let start = position
        while let byte = current, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { position += 1 }
        return position - start
    }

    mutating func string() throws -> String {
        position += 1
        let start = position
        var all: UInt8 = 0
        let lowest: UInt8 = isLenient ? 0 : 0x20
        while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= lowest {
            all |= byte
            position += 1
        }
        let run = UnsafeBufferPointer(rebasing: bytes[start..<position])
        if current == UInt8(ascii: "\"") {
            // ASCII has nothing to validate.
            let text = all < 0x80 ? String(decoding: run, as: UTF8.self) : try validated(run)
            position += 1
            return text
        }
        var unescaped = Array(run)
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return try validated(unescaped)
            case UInt8(ascii: "\\"):
                position += 1
                try escape(into: &unescaped)
            case 0..<0x20 where !isLenient:
                throw error("a control character inside a string")
            default:
                unescaped.append(byte)
                position += 1
            }
        }
        throw error("the text ends inside a string")
    }

    func validated(_ bytes: some Collection<UInt8>) throws -> String {
        if isLenient { return String(decoding: bytes, as: UTF8.self) }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw error("invalid UTF-8 in a string") }
        return text
    }

    mutating func escape(into output: inout [UInt8]) throws {
        guard let byte = current else { throw error("the text ends inside an escape") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): output.append(byte)
        case UInt8(ascii: "b"): output.append(0x08)
        case UInt8(ascii: "f"): output.append(0x0C)
        case UInt8(ascii: "n"): output.append(0x0A)
        case UInt8(ascii: "r"): output.append(0x0D)
        case UInt8(ascii: "t"): output.append(0x09)
        case UInt8(ascii: "u") where isLenient: lenientUnicodeEscape(into: &output)
        case UInt8(ascii: "u"): output.append(contentsOf: Array(String(try unicodeEscape()).utf8))
        case _ where isLenient: output.append(byte)
        default: throw error("an unknown escape")
        }
    }

    mutating func unicodeEscape() throws -> Unicode.Scalar {
        let first = try hexQuad()
        var code = first
        if (0xD800..<0xDC00).contains(first) {
            guard current == UInt8(ascii: "\\"), position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "u")
            else { throw error("half a surrogate pair") }
            position += 2
            let second = try hexQuad()
            guard (0xDC00..<0xE000).contains(second) else { throw error("half a surrogate pair") }
            code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw error("half a surrogate pair") }
        return scalar
    }

    mutating func hexQuad() throws -> UInt32 {
        guard position + 4 <= bytes.count else { throw error("the text ends inside an escape") }
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue, bytes[position] < 0x80 else {
                throw error("no hexadecimal digit")
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }
}
