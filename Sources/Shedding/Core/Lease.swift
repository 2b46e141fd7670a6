import PowerEvents

/// This agent's right to write to BMCs, where several share a site and one of them leads at a time.
struct Lease: Sendable {
    /// When the right ends unless it is renewed, on the steady clock; nil where nobody shares the site.
    var until: Timestamp?
    /// Whether another may lead by now. That is for good: who leads again begins with another ``Core``.
    var isLost = false

    func isAway(_ now: Timestamp) -> Bool { until.map { now >= $0 } ?? false }
}
