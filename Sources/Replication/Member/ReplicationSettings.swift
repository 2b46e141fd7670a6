/// How agents of one site and shard share a journal: where etcd is, and who they are.
public struct ReplicationSettings: Sendable, Hashable {
    /// What TLS with etcd needs; nil parts are left to the system, and mean no certificate of our own.
    public struct TLS: Sendable, Hashable {
        /// A PEM file of authorities; nil for those of the operating system.
        public var authorities: String?
        /// PEM files of this agent's certificate and its key; both or none.
        public var certificate: String?
        public var key: String?

        public init(authorities: String? = nil, certificate: String? = nil, key: String? = nil) {
            self.authorities = authorities
            self.certificate = certificate
            self.key = key
        }
    }

    /// A user of etcd. Over etcd's JSON gateway a certificate does not say who somebody is.
    public struct Login: Sendable, Hashable {
        public var username: String
        /// Read at each login, so that a changed password needs no restart.
        public var passwordFile: String

        public init(username: String, passwordFile: String) {
            self.username = username
            self.passwordFile = passwordFile
        }
    }

    /// `https://host:2379`; plain http on loopback only.
    public var endpoints: [String]
    public var tls: TLS?
    public var login: Login?
    /// Begins with a slash and has none at its end: `/ima`.
    public var prefix: String
    public var site: String
    public var shard: String
    /// How long a lease lives without being renewed: whole seconds, 1…60.
    public var ttl: Duration
    /// This agent's own id.
    public var member: String
    public var bounds = LogBounds()
    /// Whether a file that belongs to a log which etcd has lost may begin a new one. An operator says so, once, after all
    /// of etcd's data were lost: which member's file is the latest nobody else can know.
    public var mayBeginAnew = false

    public init(
        endpoints: [String], tls: TLS? = nil, login: Login? = nil, prefix: String = "/ima", site: String,
        shard: String, ttl: Duration = .seconds(2), member: String
    ) {
        self.endpoints = endpoints
        self.tls = tls
        self.login = login
        self.prefix = prefix
        self.site = site
        self.shard = shard
        self.ttl = ttl
        self.member = member
    }

    /// How long before its end a lease counts as over.
    public var margin: Duration { max(ttl / 5, .milliseconds(200)) }

    /// - Throws: ``ReplicationError`` for what cannot work
    func checkedEndpoints() throws -> [EtcdEndpoint] {
        guard !endpoints.isEmpty else { throw ReplicationError("standby.etcd.endpoints: there is none") }
        let checked = try endpoints.map { text in
            do { return try EtcdEndpoint(checking: text) } catch {
                throw ReplicationError("standby.etcd.endpoints: \"\(text)\": \(error)")
            }
        }
        guard (Duration.seconds(1)...Duration.seconds(60)).contains(ttl) else {
            throw ReplicationError("standby.ttl: should be from 1s to 60s")
        }
        guard prefix.isEmpty || prefix.hasPrefix("/") && !prefix.hasSuffix("/"), Self.isPlain(prefix, and: "/") else {
            throw ReplicationError("standby.etcd.prefix: should be such as /ima, of letters, digits, - _ . and /")
        }
        for (name, value) in [("site", site), ("shard", shard)] {
            guard !value.isEmpty, Self.isPlain(value) else {
                throw ReplicationError("standby.\(name): should be of letters, digits, - _ and .")
            }
        }
        guard (tls?.certificate == nil) == (tls?.key == nil) else {
            throw ReplicationError("standby.etcd.tls: certificate and key go together")
        }
        return checked
    }

    /// Keys are compared byte by byte, and a slash would make one site's keys part of another's.
    private static func isPlain(_ text: String, and more: Character? = nil) -> Bool {
        text.utf8.count <= 128
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) || $0 == more }
    }
}
