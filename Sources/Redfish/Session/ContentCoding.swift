import Curl

/// How answers are asked for and read. Compressing turns the ETags of some BMCs weak, so that plain ones are asked for; a
/// few refuse that, and some compress all the same.
struct ContentCoding: Sendable {
    private(set) var asksForPlain = true
    /// Whether what is compressed is read. Not before something was: some BMCs name a coding that is none.
    private(set) var decodes = false

    /// - Parameter mayRepeat: whether the request does no harm when sent again
    /// - Returns: whether the request is worth sending again
    mutating func learns(from response: HTTPResponse, mayRepeat: Bool) -> Bool {
        if response.status == 406, asksForPlain {
            asksForPlain = false
            decodes = true
            return mayRepeat
        }
        guard !decodes, Self.isCompressed(response) else { return false }
        decodes = true
        return mayRepeat
    }

    /// By the first bytes of gzip (RFC 1952, 2.3.1), or by the header and a body that cannot be JSON.
    static func isCompressed(_ response: HTTPResponse) -> Bool {
        if response.body.starts(with: [0x1F, 0x8B]) { return true }
        guard let coding = response.header("Content-Encoding")?.lowercased() else { return false }
        guard coding.contains("gzip") || coding.contains("deflate"), let first = response.body.first else {
            return false
        }
        return !"{[ \t\r\n<".utf8.contains(first)
    }
}
