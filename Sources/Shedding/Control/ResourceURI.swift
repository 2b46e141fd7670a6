/// URIs of resources on one BMC (RFC 3986): how they are spelled where they are sent, and when two are the same.
public enum ResourceURI {
    /// As two spellings of one resource are compared: escapes of what needs none undone, in lower case, without a slash at
    /// the end. A fragment counts: it names a member of the resource.
    public static func canonical(_ text: String) -> String {
        let path = text.prefix { $0 != "#" }
        var spelled = isPlain(path) ? path.lowercased() : decoded(encoded(path)).lowercased()
        while spelled.hasSuffix("/") { spelled.removeLast() }
        return path.endIndex == text.endIndex ? spelled : spelled + text[path.endIndex...].lowercased()
    }

    /// Whether there is only one spelling of it.
    private static func isPlain(_ text: Substring) -> Bool {
        text.utf8.allSatisfy { isUnreserved($0) || $0 == UInt8(ascii: "/") }
    }

    private static func decoded(_ text: String) -> String {
        var output: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let decoded = Self.byte(rest.prefix(2)), isUnreserved(decoded) {
                output.append(decoded)
                rest = rest.dropFirst(2)
            } else {
                output.append(byte)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// Percent-encodes what a request line cannot carry: blanks, control characters, UTF-8, stray percent signs. Without
    /// the fragment, which is never sent.
    public static func encoded(_ text: some StringProtocol) -> String {
        var output: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst(), byte != UInt8(ascii: "#") {
            let isEscape = byte == UInt8(ascii: "%") && Self.byte(rest.prefix(2)) != nil
            if isEscape || isPlain(byte) {
                output.append(byte)
            } else {
                output += [UInt8(ascii: "%"), digit(byte >> 4), digit(byte & 15)]
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// RFC 3986, 2.3.
    public static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
        default: false
        }
    }

    /// What may stand unencoded in a path or query: what is unreserved, the delimiters of `pchar`, `/` and `?`.
    public static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x24, 0x26...0x2C, UInt8(ascii: "!"), UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: ";"),
            UInt8(ascii: "="), UInt8(ascii: "?"), UInt8(ascii: "@"):
            true
        default: isUnreserved(byte)
        }
    }

    private static func byte(_ digits: ArraySlice<UInt8>) -> UInt8? {
        guard digits.count == 2, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit && $0 < 0x80 }) else {
            return nil
        }
        return UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
    }

    private static func digit(_ value: UInt8) -> UInt8 { Array("0123456789ABCDEF".utf8)[Int(value & 15)] }
}
