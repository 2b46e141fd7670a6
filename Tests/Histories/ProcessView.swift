import PowerEvents
import Shedding
import Site

/// What one process of the agent was shown, was told and has under way, as the BMCs and the broker know it. Gone with it.
struct ProcessView {
    /// An answer to a read of a limit.
    struct Look {
        let watts: Int?
        let author: Register.Author
        let isTakenForOurs: Bool
        let version: Int
        let dialect: Register.Dialect
        let at: Timestamp
    }

    struct PowerLook {
        let state: PowerState
        let serial: String
    }

    /// What is being done to one control, from its first read on.
    struct Run {
        let id: RunID
        let start: Timestamp
        /// The machine that answered the first read, and whether it told who it is.
        var serial: String?
        var isIdentified = false
    }

    /// A limit that was asked for, and that nothing was done about yet.
    struct Waiting {
        let node: String
        let breach: UUIDText
        let priority: Int
        /// Whether nothing of its breach comes before it.
        let isFirst: Bool
    }

    struct Identity {
        let told: MachineIdentity?
        let serial: String
        let at: Timestamp
    }

    var looks: [String: Look] = [:]
    /// By the name that was looked at.
    var ownLooks: [ControlKey: Look] = [:]
    var powers: [String: PowerLook] = [:]
    /// Places whose limit was gone when last asked for, since their node is off.
    var saidOff: Set<String> = []
    /// When trays were first seen to have no limit of their own.
    var seenMissing: [String: Timestamp] = [:]
    var runs: [ControlKey: Run] = [:]
    var waiting: [String: Waiting] = [:]
    var identities: [String: Identity] = [:]
    /// The run in which a place's refused write was first looked after.
    var refusedRuns: [String: RunID] = [:]
    /// When each node was last metered.
    var meteredAt: [String: Timestamp] = [:]
    /// Requests on their way.
    var inFlight: [BMC.Address: Int] = [:]
    /// When each node's BMC was last asked for anything.
    var lastRead: [String: Timestamp] = [:]
    /// Nodes that the patrol looks at, or whose meter is asked.
    var visited: Set<String> = []
    /// Machines whose power was switched by a reset that was sent and after which nothing was read.
    var unreadResets: Set<String> = []
}
