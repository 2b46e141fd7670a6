public import PowerEvents

/// When what changes piece by piece is told: soon after the first, and what comes then together once a round. A switch that
/// dies takes a rack of BMCs with it, and is one line or two, not one for each.
public struct TellingPace: Sendable {
    /// So long is gathered before the first is told.
    public static let gathering = Duration.seconds(2)

    private let round: Duration
    private var since: Timestamp?
    private var last: Timestamp?

    /// - Parameter round: in which time everything is come to once
    public init(round: Duration) { self.round = max(round, Self.gathering) }

    /// Something is to be told.
    public mutating func add(now: Timestamp) { if since == nil { since = now } }

    /// Nothing is any more.
    public mutating func drop() { since = nil }

    /// When it is to be told; nil where there is nothing.
    public var due: Timestamp? {
        since.map { max($0 + Self.gathering, last.map { $0 + round } ?? $0) }
    }

    /// - Returns: whether it is to be told now, which it then is
    public mutating func take(now: Timestamp) -> Bool {
        guard let due, now >= due else { return false }
        since = nil
        last = now
        return true
    }
}
