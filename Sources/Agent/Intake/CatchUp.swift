import Journal
import PowerEvents
import StrictJSON

/// Gathers the alerts that a broker kept while the agent was away, so that only the newest state of each breach is
/// acted on: a breach that came and went meanwhile moves nothing.
struct CatchUp: Sendable {
    /// Alerts older than this are history.
    static let age = Duration.seconds(30)
    /// The queue counts as drained when nothing came for this long.
    static let quiet = Duration.milliseconds(500)

    private var gathered: [InboxAlert] = []
    private var lastArrival: Timestamp?

    var isEmpty: Bool { gathered.isEmpty }

    /// Takes an alert in where it is history. - Returns: false where it is to be acted on at once
    ///
    /// - Parameters:
    ///   - wall: what the wall clock says, which the alert's `time` is compared with
    ///   - now: on the clock that is never set
    mutating func gather(_ alert: InboxAlert, wall: Timestamp, now: Timestamp) -> Bool {
        let isHistory = wall - alert.alert.time > Self.age
        // What is newer waits too while its breach's past is still coming in, or it would be overtaken by that.
        guard isHistory || gathered.contains(where: { $0.alert.breachID == alert.alert.breachID }) else { return false }
        gathered.append(alert)
        lastArrival = now
        return true
    }

    /// Once it is quiet: the alerts to act on, in their order of time, and those that newer ones overtook.
    mutating func drain(now: Timestamp) -> (act: [InboxAlert], overtaken: [InboxAlert])? {
        guard let lastArrival, now - lastArrival >= Self.quiet else { return nil }
        var newest: [UUIDText: InboxAlert] = [:]
        var overtaken: [InboxAlert] = []
        for alert in gathered {
            guard let other = newest[alert.alert.breachID] else {
                newest[alert.alert.breachID] = alert
                continue
            }
            let isNewer = Self.rank(alert) > Self.rank(other)
            newest[alert.alert.breachID] = isNewer ? alert : other
            overtaken.append(isNewer ? other : alert)
        }
        gathered = []
        self.lastArrival = nil
        return (newest.values.sorted { Self.rank($0) < Self.rank($1) }, overtaken)
    }

    /// `resolved` is final, so it counts as newest whatever its time.
    private static func rank(_ alert: InboxAlert) -> (Int, Timestamp, Int64) {
        (alert.alert.json?["status"]?.string == "resolved" ? 1 : 0, alert.alert.time, alert.sequence)
    }
}
