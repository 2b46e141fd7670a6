import Hummingbird
import NIOCore
import Page
import StrictJSON

/// A body that is ready to be sent, plain and compressed.
struct Rendering: Sendable {
    let type: String
    /// Tells it from another state of the same thing.
    let tag: String
    let plain: ByteBuffer
    /// nil where it is not worth it.
    let compressed: ByteBuffer?

    private static let leastCompressed = 1024

    /// - Parameter tag: nil for that of the bytes
    init(_ bytes: [UInt8], _ type: String, tag: String? = nil) {
        self.type = type
        self.tag = tag ?? ContentTag.of(bytes)
        plain = ByteBuffer(bytes: bytes)
        compressed = bytes.count >= Self.leastCompressed ? ByteBuffer(bytes: Gzip.compress(bytes)) : nil
    }

    init(_ html: HTML, tag: String? = nil) { self.init(Array(html.text.utf8), "text/html; charset=utf-8", tag: tag) }

    init(_ json: JSONValue) { self.init(json.bytes, "application/json") }

    /// - Parameter isLasting: whether the address has another one for another content
    func response(
        to request: Request, status: HTTPResponse.Status = .ok, isLasting: Bool = false, headers more: HTTPFields = [:]
    ) -> Response {
        var headers = more
        headers[.contentType] = type
        headers[.vary] = "Accept-Encoding"
        headers[.cacheControl] = isLasting ? "public, max-age=31536000, immutable" : "no-cache"
        // Weak: compressed or not, and with a later time of the same state, it is the same.
        let tag = "W/\"\(tag)\""
        headers[.eTag] = tag
        if status == .ok, let known = request.headers[.ifNoneMatch], Self.matches(known, tag) {
            return Response(status: .notModified, headers: headers)
        }
        if let compressed, Self.takesGzip(request.headers[.acceptEncoding] ?? "") {
            headers[.contentEncoding] = "gzip"
            return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: compressed))
        }
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: plain))
    }

    /// RFC 9110 section 13.1.2, compared weakly.
    static func matches(_ known: String, _ tag: String) -> Bool {
        let bare = { (text: Substring) in text.hasPrefix("W/") ? text.dropFirst(2) : text }
        return known.split(separator: ",").map { Substring($0.trimmingPrefix { $0 == " " }) }.contains { one in
            let one = one.last == " " ? one.prefix { $0 != " " } : one
            return one == "*" || bare(one) == bare(Substring(tag))
        }
    }

    /// RFC 9110 section 12.5.3; a weight of 0 is a no.
    static func takesGzip(_ accepted: String) -> Bool {
        var any = false
        for part in accepted.lowercased().split(separator: ",") {
            let words = part.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            let isRefused = words.dropFirst().contains {
                $0.hasPrefix("q=") && (Double($0.dropFirst(2)) ?? 1) <= 0
            }
            if words.first == "gzip" || words.first == "x-gzip" { return !isRefused }
            if words.first == "*" { any = !isRefused }
        }
        return any
    }
}
