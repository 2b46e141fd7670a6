/// A W3C trace context: which trace an event belongs to, and vendor state carried along.
public struct TraceContext: Sendable, Hashable {
    /// 32 lower-case hexadecimal digits, not all zero.
    public let traceID: String
    /// 16 lower-case hexadecimal digits, not all zero: the span that sent the event.
    public let spanID: String
    /// Two hexadecimal digits; bit 0 says "sampled".
    public let flags: String
    /// Passed on unchanged.
    public let state: String?

    public init(traceID: String, spanID: String, flags: String = "01", state: String? = nil) {
        self.traceID = traceID
        self.spanID = spanID
        self.flags = flags
        self.state = state
    }

    /// A new trace from 24 bytes that the caller drew at random.
    public init(randomBytes: [UInt8]) {
        let hex = Self.hex(randomBytes)
        self.init(traceID: String(hex.prefix(32)), spanID: String(hex.dropFirst(32).prefix(16)))
    }

    /// Reads a `traceparent`. Versions past 00 may carry more after the flags; their first four fields mean the same.
    ///
    /// - Returns: nil where it is malformed, of version ff, or has an id of all zeros (W3C Trace Context, 3.2.2).
    public init?(traceparent: String, tracestate: String?) {
        let parts = traceparent.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0] != "00" || parts.count == 4, parts[0] != "ff",
            zip(parts, [2, 32, 16, 2]).allSatisfy({ Self.isLowerHex($0, count: $1) }),
            parts[1].contains(where: { $0 != "0" }), parts[2].contains(where: { $0 != "0" })
        else { return nil }
        self.init(
            traceID: String(parts[1]), spanID: String(parts[2]), flags: String(parts[3]),
            state: tracestate)
    }

    public var traceparent: String { "00-\(traceID)-\(spanID)-\(flags)" }

    /// The same trace, as sent by a new span made of 8 bytes that the caller drew at random.
    public func child(randomBytes: [UInt8]) -> TraceContext {
        TraceContext(traceID: traceID, spanID: Self.hex(Array(randomBytes.prefix(8))), flags: flags, state: state)
    }

    private static func isLowerHex(_ text: Substring, count: Int) -> Bool {
        text.utf8.count == count && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
