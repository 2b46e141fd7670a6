/// What a standby was asked and the leader answers: a request to the control socket.
public struct ForwardedCall: Sendable, Hashable {
    public static let mostBytes = 512 << 10

    public var method: String
    /// With its query.
    public var path: String
    public var body: [UInt8]
    /// Who asks, as the standby knows it from its socket.
    public var user: String?

    public init(method: String, path: String, body: [UInt8] = [], user: String? = nil) {
        self.method = method
        self.path = path
        self.body = body
        self.user = user
    }
}

/// What the leader answered.
public struct ForwardedAnswer: Sendable, Hashable {
    public static let mostBytes = 16 << 20

    public var status: Int
    public var contentType: String
    public var body: [UInt8]

    public init(status: Int, contentType: String = "application/json", body: [UInt8] = []) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }
}
