import PowerEvents

/// Gathers what a broker kept while the agent was away, so that a breach that came and went meanwhile moves nothing.
///
/// Only for a moment after each start and each connect, which nothing prolongs. What overtakes what is decided by what is
/// signed. A copied payload in a new envelope gets here at most once, and can neither outrank another nor hold it back for
/// longer than that moment.
struct CatchUp: Sendable {
    /// An alert sent, or a breach detected, longer ago than this may be history.
    static let age = Duration.seconds(30)
    /// The queue counts as drained when nothing new came for this long.
    static let quiet = Duration.milliseconds(500)
    /// After a connect nothing is gathered, nor kept waiting, for longer than this.
    static let longest = Duration.seconds(5)

    private struct Gathered {
        let alert: ReceivedAlert
        let breach: UUIDText
        let isResolved: Bool
    }

    private var gathered: [Gathered] = []
    private var lastArrival: Timestamp?
    private var end: Timestamp?

    var isEmpty: Bool { gathered.isEmpty }

    /// When ``drain(now:)`` can have anything to do; nil where nothing waits.
    var nextDue: Timestamp? {
        guard let lastArrival, let end else { return nil }
        return min(lastArrival + Self.quiet, end)
    }

    /// The broker is about to hand out what it has kept, or the journal is. - Parameter now: on the clock that is never set
    mutating func begin(now: Timestamp) {
        // What waits already waits no longer because of a second connect.
        if gathered.isEmpty { end = now + Self.longest }
    }

    /// Takes an alert in where it may be history. - Returns: false where it is to be acted on at once
    ///
    /// - Parameters:
    ///   - wall: what the wall clock says, which the breach's `detected_at` is compared with
    ///   - now: on the clock that is never set
    mutating func gather(_ alert: ReceivedAlert, wall: Timestamp, now: Timestamp) -> Bool {
        guard let end, now < end, let breach = alert.alert else { return false }
        let mayBeHistory = wall - breach.detectedAt > Self.age || wall - alert.time > Self.age
        // What belongs to a breach whose past is still coming in waits for the rest.
        guard mayBeHistory || gathered.contains(where: { $0.breach == breach.breachID }) else { return false }
        gathered.append(
            Gathered(alert: alert, breach: breach.breachID, isResolved: breach.status == .resolved))
        lastArrival = now
        return true
    }

    /// Once it is quiet, or time: the alerts to act on, and those whose breach is over.
    ///
    /// Holds only tighten while a breach is open. So all that was asked is acted on, in the order in which it came, and
    /// nothing need be known of which was the newest.
    mutating func drain(now: Timestamp) -> (act: [ReceivedAlert], overtaken: [ReceivedAlert])? {
        guard let lastArrival, let end, now - lastArrival >= Self.quiet || now >= end else { return nil }
        let over = Set(gathered.filter(\.isResolved).map(\.breach))
        let overtaken = gathered.filter { !$0.isResolved && over.contains($0.breach) }
        // `resolved` comes last: what sheds goes before what releases.
        let act = gathered.filter { !over.contains($0.breach) } + gathered.filter(\.isResolved)
        gathered = []
        self.lastArrival = nil
        return (act.map(\.alert), overtaken.map(\.alert))
    }
}
