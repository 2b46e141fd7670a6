import Site

/// The path and query of a URI on one BMC (RFC 3986), as a request carries it: always with one slash in front, so that
/// behind the BMC's address it can name nothing but that BMC.
enum RequestTarget {
    /// What a link in a document means: an absolute path, or an absolute URL of this very BMC.
    ///
    /// - Returns: nil for any other host, and for what is no absolute reference. Behind the address of the BMC, a link
    ///   such as `@elsewhere/x` would name another host.
    static func link(_ text: String, on bmc: BMC.Address) -> String? {
        if text.hasPrefix("/"), !text.hasPrefix("//") { return normal(text) }
        guard let url = URL(text, scheme: nil), url.isOf(bmc) else { return nil }
        return normal(url.rest)
    }

    /// What a reference in a header means, which may be relative (RFC 3986, 5.2).
    ///
    /// - Parameter base: the target of the request that was answered
    /// - Returns: nil for any other host
    static func reference(_ text: String, against base: String, on bmc: BMC.Address) -> String? {
        let text = text.prefix { $0 != "#" }
        let path = base.prefix { $0 != "?" }
        if text.isEmpty { return normal(base) }
        if text.hasPrefix("?") { return normal(path + text) }
        if text.hasPrefix("//") {
            guard let url = URL(String(text), scheme: bmc.isEncrypted ? "https" : "http"), url.isOf(bmc) else {
                return nil
            }
            return normal(url.rest)
        }
        if text.hasPrefix("/") || hasScheme(text) { return link(String(text), on: bmc) }
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? "/"
        return normal(folder + text)
    }

    /// The path of an absolute reference, whatever host it names: a BMC behind address translation, or with an idea of
    /// its own name, knows the path of what it made, and only there is it looked for.
    ///
    /// - Returns: nil where the reference is relative or has no path
    static func path(ofAny text: String) -> String? {
        if text.hasPrefix("/"), !text.hasPrefix("//") { return normal(text) }
        guard let url = URL(text, scheme: "https"), !url.rest.isEmpty, url.rest != "/" else { return nil }
        return normal(url.rest)
    }

    /// As two spellings of one target are compared: escapes of what needs none undone, in lower case, without a slash at
    /// the end. A fragment counts: it names a member of the resource.
    static func canonical(_ text: String) -> String {
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
    static func encoded(_ text: some StringProtocol) -> String {
        var output: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst(), byte != UInt8(ascii: "#") {
            let isEscape = byte == UInt8(ascii: "%") && Self.byte(rest.prefix(2)) != nil
            if isEscape || isUnreserved(byte) || isDelimiter(byte) {
                output.append(byte)
            } else {
                output += [UInt8(ascii: "%"), digit(byte >> 4), digit(byte & 15)]
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// Whether nothing is to be done about a path, as with nearly all of them: every link of every document comes here.
    private static func isNormal(_ text: some StringProtocol) -> Bool {
        var last: UInt8 = 0
        for byte in text.utf8 {
            // A segment that begins with a dot may be `.` or `..`; a query ends the path.
            if last == 0, byte != UInt8(ascii: "/") { return false }
            if last == UInt8(ascii: "/"), byte == UInt8(ascii: ".") { return false }
            guard isUnreserved(byte) || isDelimiter(byte), byte != UInt8(ascii: "?") else { return false }
            last = byte
        }
        return last != 0
    }

    /// Encoded, without `.` and `..` (RFC 3986, 5.2.4).
    private static func normal(_ text: some StringProtocol) -> String {
        if isNormal(text) { return String(text) }
        let encoded = encoded(text)
        let path = encoded.prefix { $0 != "?" }
        var segments: [Substring] = []
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            switch part.lowercased().replacing("%2e", with: ".") {
            case ".": if isLast { segments.append("") }
            case "..":
                if segments.count > 1 { segments.removeLast() }
                if isLast { segments.append("") }
            default: segments.append(part)
            }
        }
        let joined = segments.joined(separator: "/")
        return (joined.hasPrefix("/") ? joined : "/" + joined) + encoded.dropFirst(path.count)
    }

    private static func hasScheme(_ text: Substring) -> Bool {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return false }
        let scheme = text.utf8[..<colon]
        return !scheme.isEmpty && scheme.allSatisfy { isUnreserved($0) || $0 == UInt8(ascii: "+") }
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
        default: false
        }
    }

    /// What may stand unencoded in a path or query (`pchar`, `/` and `?`).
    private static func isDelimiter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x24, 0x26...0x2C, UInt8(ascii: "!"), UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: ";"),
            UInt8(ascii: "="), UInt8(ascii: "?"), UInt8(ascii: "@"):
            true
        default: false
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

extension RequestTarget {
    /// An absolute URL, or one without its scheme.
    private struct URL {
        let address: BMC.Address?
        /// Path and query.
        let rest: String

        /// - Parameter scheme: of a reference that begins with `//`; nil where there must be one
        init?(_ text: String, scheme: String?) {
            let written = ["https:", "http:"].first { text.prefix($0.count).lowercased() == $0 }
            let behind = text.dropFirst(written?.count ?? 0)
            guard behind.hasPrefix("//"), let scheme = written.map({ String($0.dropLast()) }) ?? scheme else {
                return nil
            }
            let authority = behind.dropFirst(2).prefix { !"/?#".contains($0) }
            address = BMC.Address("\(scheme)://\(authority)")
            rest = String(behind.dropFirst(2 + authority.count))
        }

        /// The same host and port; or the same host, and each the usual port of its scheme, as a BMC writes that does not
        /// know of the TLS in front of it.
        func isOf(_ bmc: BMC.Address) -> Bool {
            guard let address, address.host == bmc.host else { return false }
            let usual = { (address: BMC.Address) in address.port == (address.isEncrypted ? 443 : 80) }
            return address.port == bmc.port || usual(address) && usual(bmc)
        }
    }
}
