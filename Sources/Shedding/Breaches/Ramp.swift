import PowerEvents

/// How much power may come back on one feed by now.
///
/// What is let go of is paid for with watts that come in at the rate. The last may be larger than what is there, and the
/// next waits for what is owed: over any time the feed gets the rate's watts and one machine's more at most.
struct Ramp: Sendable {
    private var credit = Watts.zero
    private var at: Timestamp

    /// Nothing is saved up before the first step.
    init(at time: Timestamp) { at = time }

    /// - Parameter most: what is saved up at most, while nothing is let go of
    mutating func pass(_ now: Timestamp, _ rate: PowerRate, most: Watts) {
        credit = min(credit + rate.watts(in: now - at), most)
        at = max(at, now)
    }

    var isOpen: Bool { credit >= .zero }

    mutating func pay(_ watts: Watts) { credit = credit - watts }

    /// When what is owed is paid.
    func opens(_ rate: PowerRate) -> Timestamp {
        guard credit < .zero else { return at }
        let seconds = Double(credit.microwatts.magnitude) / Double(rate.wattsPerSecond.microwatts)
        return at + .milliseconds(Int64(min(seconds * 1000, 1e12).rounded(.up)))
    }
}
