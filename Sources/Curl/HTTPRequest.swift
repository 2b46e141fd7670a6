/// One HTTP request to one host.
public struct HTTPRequest: Sendable {
    public enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    /// What the caller knows of the requests after this one to the same origin, for what becomes of the connection.
    public enum Followup: Sendable {
        /// There will be some; the connection stays open.
        case expected
        /// None for a while. The connection stays open where it is one of those that are kept.
        case unlikely
        /// None at all.
        case none
    }

    public var method: Method
    public var url: String
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]?
    public var tls: TLSTrust
    /// Until the connection stands, TLS included.
    public var connectTimeout: Duration
    /// Over all, the connection included; the wait for a turn does not count.
    public var timeout: Duration
    /// Among requests that wait, the lowest number goes first.
    public var priority: Int
    /// Answers longer than this are cut off with ``CurlError/Kind/tooLarge``.
    public var maximumBodySize: Int
    /// A connection of its own. libcurl repeats a request by itself when a kept connection turns out dead, which must
    /// not happen to one that may have been obeyed and does harm twice.
    public var freshConnection: Bool
    /// Whether the connection is worth keeping after this request.
    public var followup: Followup
    /// Whether an answer that is compressed is delivered as it was before; its size is bounded as it is delivered. Asks
    /// for compression where no header says otherwise.
    public var decodesContent = false
    /// The certificate that this side shows to a server which asks for one.
    public var identity: TLSIdentity?
    /// Takes a successful answer as it comes, instead of the whole at its end.
    public var stream: HTTPStream?
    /// The path of a Unix socket to connect to instead of the URL's host.
    public var unixSocket: String?

    public init(
        _ method: Method, url: String, headers: [(name: String, value: String)] = [], body: [UInt8]? = nil,
        tls: TLSTrust = .systemAuthorities, connectTimeout: Duration = .seconds(5), timeout: Duration = .seconds(20),
        priority: Int = 0, maximumBodySize: Int = 4 << 20, freshConnection: Bool = false,
        followup: Followup = .expected, unixSocket: String? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.tls = tls
        self.connectTimeout = connectTimeout
        self.timeout = timeout
        self.priority = priority
        self.maximumBodySize = maximumBodySize
        self.freshConnection = freshConnection
        self.followup = followup
        self.unixSocket = unixSocket
    }

    /// The name of a header that would not stay on its line; nil where all do.
    var brokenHeader: String? {
        headers.first { header in
            [header.name, header.value].contains { text in text.utf8.contains { [0x0A, 0x0D, 0].contains($0) } }
        }?.name
    }

    /// Scheme, host and port: what decides the worker, the queue and the connection. Without a user or a path.
    var origin: String {
        var slashes = 0
        let end = url.utf8.firstIndex { byte in
            if byte == UInt8(ascii: "/") { slashes += 1 }
            return slashes == 3 || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#")
        }
        return String(url[..<(end ?? url.endIndex)])
    }

    /// Whether the host is an address and no name.
    var isToAddress: Bool {
        let slash = UInt8(ascii: "/")
        let host = url.utf8.drop { $0 != slash }.drop { $0 == slash }
        return host.first == UInt8(ascii: "[")
            || host.prefix { $0 != slash && $0 != UInt8(ascii: ":") }
                .allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: ".") }
    }
}
