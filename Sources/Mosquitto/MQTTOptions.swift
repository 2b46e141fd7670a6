/// How to reach a broker, and as whom.
public struct MQTTOptions: Sendable {
    public struct TLS: Sendable {
        /// A PEM file with the authorities that may have signed the broker's certificate.
        public var caFile: String
        /// The client's own certificate and key, where the broker asks for them.
        public var certificateFile: String?
        public var keyFile: String?

        public init(caFile: String, certificateFile: String? = nil, keyFile: String? = nil) {
            self.caFile = caFile
            self.certificateFile = certificateFile
            self.keyFile = keyFile
        }
    }

    public struct Login: Sendable {
        public var username: String
        public var password: String

        public init(username: String, password: String) {
            self.username = username
            self.password = password
        }
    }

    public struct Subscription: Sendable {
        public var topic: String
        public var qos: Int

        public init(topic: String, qos: Int) {
            self.topic = topic
            self.qos = qos
        }
    }

    public var host: String
    public var port: Int
    /// Stable, so that the broker keeps the session over a restart; empty draws a new one with a clean session.
    public var clientID: String
    public var tls: TLS?
    /// Asked at every connect, so that a renewed token is used.
    public var login: @Sendable () throws -> Login?
    /// Made inside every connect, since a broker may have forgotten the session.
    public var subscriptions: [Subscription]
    public var keepAlive: Duration

    public init(
        host: String, port: Int, clientID: String, tls: TLS? = nil,
        login: @escaping @Sendable () throws -> Login? = { nil }, subscriptions: [Subscription] = [],
        keepAlive: Duration = .seconds(30)
    ) {
        self.host = host
        self.port = port
        self.clientID = clientID
        self.tls = tls
        self.login = login
        self.subscriptions = subscriptions
        self.keepAlive = keepAlive
    }
}
