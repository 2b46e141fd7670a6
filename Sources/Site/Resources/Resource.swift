public import PowerEvents

/// A node, GPU or chassis that hints can name, with everything that decides what may be done to it.
public struct Resource: Sendable, Hashable {
    /// Parts of its control that the inventory pins instead of leaving them to discovery.
    public struct Pins: Sendable, Hashable {
        /// The URI of the resource that holds the power limit.
        public var powerLimit: String?
        /// A ComputerSystem, by URI or Id.
        public var system: String?
        /// A Chassis, by URI or Id.
        public var chassis: String?
        /// A Processor's Id, for a GPU.
        public var processor: String?
        /// Whether this agent may create a policy of its own in the Node Manager of a node that has no other limit.
        public var nodeManager: Bool

        public init(
            powerLimit: String? = nil, system: String? = nil, chassis: String? = nil, processor: String? = nil,
            nodeManager: Bool = false
        ) {
            self.nodeManager = nodeManager
            self.powerLimit = powerLimit
            self.system = system
            self.chassis = chassis
            self.processor = processor
        }
    }

    public let id: String
    public let type: ResourceType
    public let aliases: [String]
    /// nil for a chassis that is only a place, such as a rack.
    public let bmc: BMC?
    /// The node of a GPU, the chassis of a node.
    public let parent: String?
    /// The power under which this resource is never capped.
    public let floor: Watts?
    /// Never touched; a node in a protected chassis is protected, and so are its GPUs.
    public let isProtected: Bool
    public let allowed: Set<ShedAction>
    /// The feeds it is fed by, its own or its parent's; nil where the inventory does not say.
    public let feeds: [String]?
    public let pins: Pins
    /// Of a node that is capped through its GPUs: what it draws beside them, at least.
    public let rest: Watts?
    /// Where a budget cuts member by member: the lower numbers give first, those without one last.
    public let shedOrder: Int?
    /// Whether this agent may create a Node Manager policy of its own on the node's BMC.
    public let usesNodeManager: Bool

    public init(
        id: String, type: ResourceType, aliases: [String] = [], bmc: BMC? = nil, parent: String? = nil,
        floor: Watts? = nil, isProtected: Bool = false, allowed: Set<ShedAction> = Set(ShedAction.allCases),
        feeds: [String]? = nil, pins: Pins = Pins(), rest: Watts? = nil, shedOrder: Int? = nil,
        usesNodeManager: Bool = false
    ) {
        self.id = id
        self.type = type
        self.aliases = aliases
        self.bmc = bmc
        self.parent = parent
        self.floor = floor
        self.isProtected = isProtected
        self.allowed = allowed
        self.feeds = feeds
        self.pins = pins
        self.rest = rest
        self.shedOrder = shedOrder
        self.usesNodeManager = usesNodeManager
    }
}
