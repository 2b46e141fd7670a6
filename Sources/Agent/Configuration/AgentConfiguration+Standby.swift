public import Replication

extension AgentConfiguration {
    /// Whose standby this agent is, and the etcd that they share their journal through (`standby:`).
    public struct Standby: Sendable, Hashable {
        /// Of etcd's members, at least one: `https://etcd1:2379`, each once.
        public var endpoints: [String]
        public var tls: TLS?
        public var login: Login?
        /// Below which all keys lie; begins with a slash and does not end with one.
        public var prefix: String
        /// Agents with one site and shard are each other's standby.
        public var site: String
        public var shard: String
        /// Whole seconds, from 1 to 60: how long the leader may be silent before another leads.
        public var ttl: Duration

        public static let usualPrefix = "/ima"
        public static let usualSite = "main"
        public static let usualShard = "a"
        public static let usualTTL = Duration.seconds(2)

        public typealias TLS = ReplicationSettings.TLS
        public typealias Login = ReplicationSettings.Login

        public init(
            endpoints: [String], tls: TLS? = nil, login: Login? = nil, prefix: String = usualPrefix,
            site: String = usualSite, shard: String = usualShard, ttl: Duration = usualTTL
        ) {
            self.endpoints = endpoints
            self.tls = tls
            self.login = login
            self.prefix = prefix
            self.site = site
            self.shard = shard
            self.ttl = ttl
        }
    }
}
