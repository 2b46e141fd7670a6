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

    public var address: BrokerAddress
    /// Stable, so that the broker keeps what arrives while we are away; empty for a throw-away listener.
    public var clientID: String
    public var tls: TLS?
    /// A file with an access token, read at every connect; sent as the password of `oauthtoken`.
    public var tokenFile: String?
    public var topics: [String]
    public var subscribeQoS: Int
    public var publishQoS: Int

    public init(
        address: BrokerAddress, clientID: String, tls: TLS? = nil, tokenFile: String? = nil, topics: [String] = [],
        subscribeQoS: Int = 1, publishQoS: Int = 2
    ) {
        self.address = address
        self.clientID = clientID
        self.tls = tls
        self.tokenFile = tokenFile
        self.topics = topics
        self.subscribeQoS = subscribeQoS
        self.publishQoS = publishQoS
    }
}
