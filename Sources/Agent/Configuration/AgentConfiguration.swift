public import Curl
public import EventBus
public import Inventory
public import Redfish
public import Shedding

/// Everything that `ima.yaml` and the files it names say, checked.
public struct AgentConfiguration: Sendable {
    public enum Mode: String, Sendable, Hashable, CaseIterable {
        /// Plan and log, publish nothing, write nothing to any BMC.
        case observe
        case enforce
    }

    /// A source of alerts and the file with its keys.
    public struct TrustedSource: Sendable, Hashable {
        public var source: String
        /// nil only where ``allowUnsigned``.
        public var jwks: String?
        /// A lab switch: bare objects are obeyed. Logged at start and at every use.
        public var allowUnsigned: Bool
    }

    public struct Signing: Sendable, Hashable {
        public var keyFile: String
        public var keyID: String
    }

    public struct HTTPAddress: Sendable, Hashable {
        public var host: String
        public var port: Int
    }

    public struct Bus: Sendable, Hashable {
        public var address: BrokerAddress
        public var topicPrefix: String
        public var qos: Int
        public var tls: BusOptions.TLS?
        public var tokenFile: String?
    }

    /// The file that all this was read from.
    public var file: String
    public var agentID: String
    public var bus: Bus
    public var trust: [TrustedSource]
    public var signing: Signing
    public var inventoryFiles: [String]
    public var site: Site
    public var journal: String
    public var mode: Mode
    public var policy: Policy
    public var redfish: RedfishOptions
    public var pool: HTTPClientPool.Configuration
    public var http: HTTPAddress?
    public var controlSocket: String?
    public var shutdownTimeout: Duration
}
