import PowerEvents
import StrictJSON

/// What was said before on the bus, as far as later events go back to it.
struct ConversationLog {
    struct Target {
        let traceID: String?
        let at: Timestamp
        let feeds: Set<String>
        /// Whether a snapshot showed it with its trigger.
        var isAcknowledged = false
        let event: JudgedEvent
    }

    struct Breach {
        let source: EventSource
        let feed: String?
        let detectedAt: String?
        var status: BreachAlert.Status
        var traceIDs: Set<String> = []
        var spans: Set<String> = []
        /// By resource, the actions that were asked for.
        var hints: [String: Set<String>] = [:]
        var isAnswered = false
        /// Whether one of its alerts had to be believed; nobody answers the others.
        var isBelievable = false
        var last: JudgedEvent
    }

    /// More conversations than a watch of hours has.
    static let bound = 100_000

    var targets: [UUIDText: Target] = [:]
    var breaches: [UUIDText: Breach] = [:]
    /// The feeds of which a ramp is under way, by source.
    var ramps: [String: PowerStateStatus.Event] = [:]
    /// Whether anybody's targets and alerts came at all: without them nothing can be said of what goes back to them.
    var hasTargets: Bool { !targets.isEmpty }
    var hasAlerts: Bool { !breaches.isEmpty }
}
