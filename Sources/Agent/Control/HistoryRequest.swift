public import PowerEvents

/// Which lines of history an operator asks for.
public struct HistoryRequest: Sendable, Hashable {
    /// Messages that were refused, instead.
    public var isRefusals = false
    /// The first characters of a breach's id.
    public var breach: String?
    /// Resources as people write them; all where none is named.
    public var resources: [String] = []
    public var since: Timestamp?
    public var until: Timestamp?
    /// Only what came after this line.
    public var after: Int?
    /// The latest so many; with ``after`` the first so many.
    public var limit = 50

    public init() {}

    /// As the control socket is asked.
    public var query: String {
        var parts = ["limit=\(limit)"]
        if isRefusals { parts.append("refused=true") }
        if let breach { parts.append("breach=\(Self.escape(breach))") }
        parts += resources.map { "resource=\(Self.escape($0))" }
        if let since { parts.append("since=\(since.milliseconds)") }
        if let until { parts.append("until=\(until.milliseconds)") }
        if let after { parts.append("after=\(after)") }
        return parts.joined(separator: "&")
    }

    /// For a query string (RFC 3986 section 3.4).
    private static func escape(_ text: String) -> String {
        text.utf8.map { byte in
            let scalar = Unicode.Scalar(byte)
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || (0x30...0x39).contains(byte))
            if isPlain || "-._~".unicodeScalars.contains(scalar) { return String(Character(scalar)) }
            let hex = String(byte, radix: 16, uppercase: true)
            return "%" + (hex.count == 1 ? "0\(hex)" : hex)
        }.joined()
    }
}
