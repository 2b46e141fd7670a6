import PowerEvents

/// Agents that share a site: one leads, by a lease of the store that they share.
///
/// A lease that is away stops writes and nothing else: what is held is read, looked at and metered, hold-downs and steps
/// wait, and nothing is let go because of it. A lease that is lost ends everything at once.
extension Core {
    /// Whether nothing may be written now because the lease was not renewed in time.
    public var isLeaseAway: Bool { book.isLeaseAway }

    /// Controls that wait for the lease to be written to.
    public var awaitingLease: Int { book.awaitingLease.count }

    /// To be done before anything else of a step: whether the lease allows what it is going to do.
    mutating func passLease(_ input: Input, _ step: inout Step) {
        let now = step.now.steady
        if case .lease(let until) = input { lease.until = until }
        let isAway = lease.isAway(now)
        guard isAway != book.isLeaseAway else {
            // What was refused on its way out although the core knew of no end: there is a right again.
            guard case .lease = input, !isAway, awaitingLease > 0 else { return }
            finishUnfinished(&step)
            absorb(book.takeUpPostponed(now: now), &step)
            return
        }
        if isAway {
            book.isLeaseAway = true
            // Nothing is written until there is a lease, so that nothing has to wait for what is not durable yet.
            releaseHeld()
        } else {
            book.isLeaseAway = false
            // Nothing else may be asked of a book that is yet to lay out what it has taken in.
            finishUnfinished(&step)
            absorb(book.resumeWrites(now: now), &step)
        }
    }
}
