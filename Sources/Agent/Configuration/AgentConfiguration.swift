public import Curl
public import EventBus
public import Redfish
public import Settings
public import Shedding
public import Site
public import StrictJSON

/// Everything that `ima.yaml` and the files it names say, checked.
public struct AgentConfiguration: Sendable {
    public typealias Mode = Shedding.Mode

    /// A source of alerts and the file with its keys.
    public struct TrustedSource: Sendable, Hashable {
        public var source: String
        /// nil only where ``allowUnsigned``.
        public var jwks: String?
        /// A lab switch: bare objects are accepted. Logged at start and at every use.
        public var allowUnsigned: Bool

        public init(source: String, jwks: String?, allowUnsigned: Bool = false) {
            self.source = source
            self.jwks = jwks
            self.allowUnsigned = allowUnsigned
        }
    }

    public struct Signing: Sendable, Hashable {
        public enum Place: Sendable, Hashable {
            /// A PEM file.
            case file(String)
            /// A key that never leaves its token, by its URI (RFC 7512), with the path of the token's library.
            case token(uri: String, module: String)
        }

        public var key: Place
        public var keyID: String
    }

    /// Bounds of what others can make this agent hold, each of them refused past it (`limits:`).
    public struct Limits: Sendable, Hashable {
        /// Bytes of a message from the bus.
        public var messageBytes = 4 << 20
        /// Nesting, and the length of numbers, in a message.
        public var json = JSONLimits()
        /// Bytes of a BMC's answer.
        public var answerBytes = 4 << 20

        public init() {}
    }

    public struct HTTPAddress: Sendable, Hashable {
        public var host: String
        public var port: Int
    }

    /// Where operators' commands are taken (`control:`).
    public struct ControlSocket: Sendable, Hashable {
        public var path: String
        /// Whose members may use it beside the agent's own user and root; nil: nobody's.
        public var group: String?
        /// The group's number.
        public var groupID: UInt32?

        public init(path: String, group: String? = nil, groupID: UInt32? = nil) {
            self.path = path
            self.group = group
            self.groupID = groupID
        }
    }

    public struct Bus: Sendable, Hashable {
        public var address: BrokerAddress
        public var topicPrefix: String
        public var qos: Int
        public var tls: BusOptions.TLS?
        public var login: BrokerLogin
    }

    /// How the agent says to the broker who it is, beside a client certificate.
    public enum BrokerLogin: Sendable, Hashable {
        case none
        /// A file with an access token, which somebody else renews.
        case tokenFile(String)
        /// Client credentials (RFC 6749, 4.4).
        case oauth2(OAuth2)
    }

    public struct OAuth2: Sendable, Hashable {
        public var tokenURL: String
        public var clientID: String
        public var secretFile: String
        public var scope: String?
        /// A PEM file for the token server's certificate; nil for the system's authorities.
        public var authorities: String?
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
    /// How often each BMC is probed while nothing is wrong; nil: never.
    public var patrolEvery: Duration?
    public var http: HTTPAddress?
    public var control: ControlSocket?
    /// nil: one agent alone.
    public var standby: Standby?
    public var shutdownTimeout: Duration
    public var limits = Limits()
    public var logFormat = LogFormat.text
    /// What can be used and is still likely to be a mistake, or weakens the agent.
    public var warnings: [Problem] = []
}
