import Shedding
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

    /// Whether nothing is to be done about a path, as with nearly all of them: every link of every document comes here.
    private static func isNormal(_ text: some StringProtocol) -> Bool {
        var last: UInt8 = 0
        for byte in text.utf8 {
            // A segment that begins with a dot may be `.` or `..`; a query ends the path.
            if last == 0, byte != UInt8(ascii: "/") { return false }
            if last == UInt8(ascii: "/"), byte == UInt8(ascii: ".") { return false }
            guard ResourceURI.isPlain(byte), byte != UInt8(ascii: "?") else { return false }
            last = byte
        }
        return last != 0
    }

    /// Encoded, without `.` and `..` (RFC 3986, 5.2.4).
    private static func normal(_ text: some StringProtocol) -> String {
        if isNormal(text) { return String(text) }
        let encoded = ResourceURI.encoded(text)
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
        return !scheme.isEmpty && scheme.allSatisfy { ResourceURI.isUnreserved($0) || $0 == UInt8(ascii: "+") }
    }
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
