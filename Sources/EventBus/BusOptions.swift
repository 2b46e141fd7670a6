/// How to join the bus: the broker, who we are to it, and what to listen to.
public struct BusOptions: Sendable {
    public struct TLS: Sendable, Hashable {
        public var authorities: String
        public var certificate: String?
        public var key: String?

        public init(authorities: String, certificate: String? = nil, key: String? = nil) {
            self.authorities = authorities
            self.certificate = certificate
            self.key = key
        }
    }

    /// `mqtts` without authorities, which libmosquitto would take for a connection without TLS.
    public struct NoAuthorities: Error, Sendable, CustomStringConvertible {
        let address: BrokerAddress

        public var description: String { "\(address): mqtts needs a file with the broker's authorities" }
    }

    public var address: BrokerAddress
    /// Stable, so that the broker keeps what arrives while we are away; empty for a throw-away listener.
    public var clientID: String
    public var tls: TLS?
    /// Asked at every connect, so that a renewed token is used. On the connection's own thread, which may wait.
    public var login: @Sendable () throws -> BusLogin?
    public var topics: [String]
    /// Topics that the broker's rules may refuse without harm.
    public var optionalTopics: [String] = []
    public var subscribeQoS: Int
    public var publishQoS: Int

    public init(
        address: BrokerAddress, clientID: String, tls: TLS? = nil,
        login: @escaping @Sendable () throws -> BusLogin? = { nil }, topics: [String] = [],
        subscribeQoS: Int = 1, publishQoS: Int = 2
    ) {
        self.address = address
        self.clientID = clientID
        self.tls = tls
        self.login = login
        self.topics = topics
        self.subscribeQoS = subscribeQoS
        self.publishQoS = publishQoS
    }
}

/// A name and a password for the broker.
public struct BusLogin: Sendable {
    public var username: String
    public var password: String

    public init(username: String, password: String) {
        self.username = username
        self.password = password
    }

    /// An access token, as brokers with OAuth 2 expect it.
    public init(accessToken: String) { self.init(username: "oauthtoken", password: accessToken) }
}
