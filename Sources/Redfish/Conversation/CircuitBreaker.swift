import Shedding

/// Keeps a BMC that does not answer from taking the time of everything else that waits for it.
///
/// Three silences in a row open it. While open nothing is sent; then one request may try, and its silence doubles the
/// wait, from 5 s to a minute.
struct CircuitBreaker: Sendable {
    static let tolerance = 3
    static let shortest = Duration.seconds(5)
    static let longest = Duration.seconds(60)

    private var silences = 0
    private var openUntil: ContinuousClock.Instant?
    private var wait = CircuitBreaker.shortest
    private var reason = ""

    /// Why nothing may be sent now; nil where it may.
    func refusal(_ now: ContinuousClock.Instant) -> BMCFault? {
        guard let openUntil, now < openUntil else { return nil }
        return BMCFault(.circuitOpen, "\(reason); left alone for a while after several silences in a row")
    }

    mutating func answered() { self = CircuitBreaker() }

    mutating func wasSilent(_ reason: String, now: ContinuousClock.Instant) {
        silences += 1
        self.reason = reason
        guard silences >= Self.tolerance else { return }
        if openUntil != nil { wait = min(wait * 2, Self.longest) }
        openUntil = now + wait
    }
}
