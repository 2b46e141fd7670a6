import PowerEvents

/// What of a breach the journal has, as far as it grows with the hints: a change that leaves these alone is one small row.
struct DurableBreach: Sendable {
    let plansRevision: Int
    let released: Set<ControlKey>

    init(_ breach: Breach) {
        plansRevision = breach.plansRevision
        released = breach.released
    }
}
