/// Intel's Node Manager on a simulated BMC: domains and policies, which act only while Node Manager and their domain are
/// enabled (NVIDIA's NmPolicy schema; Intel's bmcweb).
public struct NodeManager: Sendable, Hashable {
    public struct Domain: Sendable, Hashable {
        public let id: String
        public var isEnabled: Bool
    }

    public struct Policy: Sendable, Hashable {
        public let id: String
        public var domain: String
        public var limit: Int
        public var isEnabled: Bool
        public var exception: String
        public var storage: String
        public var correctionInMs: Int
        public var correction: String
        public var period: String
        public var trigger: String
        public var triggerLimit: Int
        public var componentID: Int
        /// Made by others than Redfish: neither changed nor deleted there.
        public var isReadOnly: Bool

        /// One that somebody else has planted.
        public init(
            id: String, domain: String = NodeManager.platform, limit: Int, isEnabled: Bool = true,
            exception: String = "NoAction", storage: String = "Persistent", correctionInMs: Int = 6000,
            isReadOnly: Bool = false
        ) {
            self.id = id
            self.domain = domain
            self.limit = limit
            self.isEnabled = isEnabled
            self.exception = exception
            self.storage = storage
            self.correctionInMs = correctionInMs
            self.isReadOnly = isReadOnly
            correction = "Auto"
            period = "PT1S"
            trigger = "AlwaysOn"
            triggerLimit = 0
            componentID = 255
        }
    }

    /// The domain of all that the machine takes in.
    public static let platform = "ACTotalPlatformPower"

    let style: NodeManagerStyle
    public var isEnabled = false
    public var domains: [Domain]
    /// In the order in which they were made.
    public var policies: [Policy] = []

    init(_ style: NodeManagerStyle) {
        self.style = style
        domains = style.domains.map { Domain(id: $0, isEnabled: false) }
    }

    /// Whether a policy acts now.
    public func isActing(_ policy: Policy) -> Bool {
        isEnabled && policy.isEnabled && domains.contains { $0.id == policy.domain && $0.isEnabled }
    }

    /// The lowest limit of the policies that act on the whole machine.
    public var limit: Int? {
        policies.filter { isActing($0) && $0.domain == Self.platform && $0.limit > 0 }.map(\.limit).min()
    }

    /// The first policy that would switch off a machine that cannot keep it.
    func executioner(of machine: SimulatedMachine) -> Policy? {
        let draw = machine.draw
        let idle = machine.gpus.isEmpty ? draw.host.lowerBound : draw.gpu.lowerBound * Double(machine.gpus.count)
        return policies.first {
            isActing($0) && $0.domain == Self.platform && $0.exception == "HardPowerOff"
                && Double($0.limit) < draw.rest + idle
        }
    }

    /// As a reboot of the BMC does.
    public mutating func forgetVolatile() { policies.removeAll { $0.storage == "Volatile" } }
}

/// Where Node Manager stands on one generation, and what it has.
struct NodeManagerStyle: Sendable, Hashable {
    /// Under the manager's URI.
    let path: String
    let domains: [String]
    let limits: ClosedRange<Int>
    /// Whether the answer to a new policy says where that is.
    let tellsLocation: Bool
}
