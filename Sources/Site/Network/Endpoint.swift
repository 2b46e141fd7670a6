/// A scheme, a host and a port, as the URLs of settings begin: `https://10.20.7.11:8443`.
public struct Endpoint: Sendable, Hashable {
    public let scheme: String
    public let host: NetworkHost
    /// nil where none is written.
    public let port: Int?
    /// What follows the port; empty, or with a slash at its beginning.
    public let path: String

    /// - Parameters:
    ///   - text: the URL
    ///   - schemes: the ones that are allowed, such as `["https", "http"]`; the first is named in complaints
    ///   - allowsPath: whether a path may follow; a single slash always may
    /// - Throws: ``NetworkHost/Invalid``
    public init(_ text: String, schemes: [String], allowsPath: Bool = false) throws(NetworkHost.Invalid) {
        let pattern = "\(schemes[0])://host[:port]\(allowsPath ? "/path" : "")"
        let lowered = text.lowercased()
        guard let scheme = schemes.first(where: { lowered.hasPrefix("\($0)://") }) else {
            throw NetworkHost.Invalid(description: "should be \(pattern)")
        }
        let rest = text.dropFirst(scheme.count + 3)
        guard rest.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value < 0x7F && $0 != "\\" }) else {
            throw NetworkHost.Invalid(description: "should be \(pattern), in plain characters without spaces")
        }
        let authority = rest.prefix { !"/?#".contains($0) }
        let path = rest.dropFirst(authority.count)
        guard !authority.contains("@") else {
            throw NetworkHost.Invalid(description: "should be \(pattern), without a user before the host")
        }
        guard allowsPath ? path.isEmpty || path.hasPrefix("/") : path.isEmpty || path == "/" else {
            throw NetworkHost.Invalid(description: "should be \(pattern), without a path")
        }
        let (host, port) = try Self.split(authority)
        self.scheme = scheme
        self.host = host
        self.port = port
        self.path = String(path)
    }

    /// Whether it is plain text to another machine, where everybody between reads along.
    public func isExposed(plain scheme: String) -> Bool { self.scheme == scheme && !host.isLoopback }

    /// Takes `host:port` apart.
    ///
    /// - Parameter ports: those that may be written
    /// - Throws: ``NetworkHost/Invalid``
    public static func split(
        _ authority: some StringProtocol, ports: ClosedRange<Int> = 1...65_535
    ) throws(NetworkHost.Invalid) -> (host: NetworkHost, port: Int?) {
        let text = String(authority)
        let end = text.hasPrefix("[") ? text.lastIndex(of: "]") : nil
        let tail = end.map { text[text.index(after: $0)...] } ?? text[...]
        guard let colon = tail.firstIndex(of: ":") else {
            guard end == nil || tail.isEmpty else {
                throw NetworkHost.Invalid(description: "\"\(tail)\" after the ] should be :port")
            }
            return (try NetworkHost(text), nil)
        }
        // More than one colon without brackets: an address of IPv6, which the host's own rule complains about.
        guard end != nil || !text[text.index(after: colon)...].contains(":") else {
            return (try NetworkHost(text), nil)
        }
        let host = try NetworkHost(text[..<colon])
        let digits = text[text.index(after: colon)...]
        guard digits == "0" || !digits.hasPrefix("0"), (1...5).contains(digits.utf8.count),
            digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let port = Int(digits),
            ports.contains(port)
        else {
            throw NetworkHost.Invalid(
                description: "\":\(digits)\" should be a port from \(ports.lowerBound) to \(ports.upperBound)")
        }
        return (host, port)
    }
}
