public import Site

/// Something for the shell to do. It decides nothing about it.
public enum Effect: Sendable {
    /// Read a control. Answered by ``Input/read(_:_:)``.
    case read(ReadOrder)
    /// Write one control, or several through one resource. Answered by ``Input/wrote(_:_:)``.
    case write(WriteOrder)
    /// Answered by ``Input/woke(_:)``.
    case wake(RunID, after: Duration)
    /// Look at a resource, changing nothing. Answered by ``Input/visited(_:_:)``.
    case visit(VisitOrder)
    /// Ask meters what machines draw. Answered by ``Input/metered(_:_:)``.
    case meter(MeterOrder)
    /// Something is wanted of a BMC that is being visited: the visit ends after the request that it has on its way.
    case endVisit(RunID)
    /// Nothing more is asked over a connection for now. Answered by ``Input/rested(_:)``.
    case rest(BMC, Slot)
    /// Have the site count so many nodes of this agent as down. One at a time; answered by ``Input/claimed(_:)``.
    case claim(SuspensionClaim)
    /// The outbox has something new, or may publish what it held back.
    case publish
    /// Something to tell people; nothing is decided by it.
    case tell(Fact)
}

/// A read of a control, with all that its request has to know.
public struct ReadOrder: Sendable {
    public let id: RunID
    public let entry: ControlEntry
    public let slot: Slot
    /// Among requests that wait, the lowest number goes first.
    public let priority: Int
    /// How long it may take.
    public let timeLeft: Duration
    /// How old what is known of the machine's identity may be.
    public let identityAge: Duration
    /// Whether nothing else is to be asked of this BMC after it, as far as is known.
    public let isLikelyLast: Bool
}

/// A write of one control, or of several that are members of one resource.
public struct WriteOrder: Sendable {
    public struct Change: Sendable {
        public let write: Convergence.Write
        public let entry: ControlEntry
    }

    public let id: RunID
    public let changes: [Change]
    public let slot: Slot
    public let priority: Int
    public let timeLeft: Duration

    public var bmc: BMC? { changes.first?.entry.bmc }
}

/// A look of the patrol at one resource.
public struct VisitOrder: Sendable {
    public let id: RunID
    public let resource: Resource
    /// Of a node, those behind the same BMC, which are metered with it.
    public let gpus: [Resource]
    public let bmc: BMC
    public let slot: Slot
    /// Whether it was seen before, so that its control is looked at alone.
    public let isKnown: Bool
}

/// A turn of metering on one BMC: what its machines draw, and their GPUs with them.
public struct MeterOrder: Sendable {
    public struct Machine: Sendable {
        public let resource: Resource
        public let gpus: [Resource]

        public init(resource: Resource, gpus: [Resource]) {
            self.resource = resource
            self.gpus = gpus
        }
    }

    public let id: RunID
    public let machines: [Machine]
    public let bmc: BMC
    public let slot: Slot

    public init(id: RunID, machines: [Machine], bmc: BMC, slot: Slot) {
        self.id = id
        self.machines = machines
        self.bmc = bmc
        self.slot = slot
    }
}
