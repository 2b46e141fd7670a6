import PowerEvents

/// Ends that are none yet: nothing may be written now, or what the agent that led before has sent may still arrive.
extension Convergence {
    /// The next write may not go out now, and did not. - Returns: the entry as it is without it
    public mutating func postpone() -> ControlEntry {
        switch phase {
        case .recording:
            // What was recorded before it may have been withdrawn since: nothing of that is taken up again.
            takeBack(beforeIntent ?? durableEntry)
            forgetUntouchedPrior()
        case .writing:
            withdraw()
            forgetUntouchedPrior()
        case .reading, .confirming, .underWay, .repeating, .overtaken, .finished: break
        }
        phase = .finished
        return entry
    }

    /// A request was not let out, for this agent has no right to write any more; reads can need a login, which is a write.
    mutating func didFindFence() -> Step {
        _ = postpone()
        return .postpone(until: nil)
    }

    private var lastArrival: Timestamp? { terms.former?.lastArrival }

    /// Where another agent may have asked for a change of power that has not come about: when to look again.
    var lastArrivalOfReset: Timestamp? { terms.former?.isWithReset == true ? lastArrival : nil }

    /// Whether a value is what this agent put there, or one that led before: then it is ours, whoever comes to see it.
    func isOurs(_ value: ControlValue) -> Bool { entry.recognises(value) || isOfFormer(value) }

    /// Whether it may be what an agent has put there that led before, on its way to a hold or back.
    func isOfFormer(_ value: ControlValue) -> Bool { terms.former != nil && entry.mayHaveBeenSent(value) }

    /// What was intended was read back. What was sent before is remembered for as long as it may still arrive.
    mutating func hold(_ value: ControlValue, as wanted: ControlValue? = nil) {
        if lastArrival == nil { entry.hold(value, as: wanted) } else { entry.holdForNow(value, as: wanted) }
    }

    /// What is over for good is looked at once more where something may still arrive.
    func mayBeUndone(_ ending: Outcome.Ending) -> Timestamp? {
        guard goal == .prior, entry.intent != nil, let lastArrival else { return nil }
        if case .failed = ending { return nil }
        return lastArrival
    }

    /// A machine that was seen down and is to be runs: another agent may have powered it on before it was to be down again.
    mutating func takeBackPowerOn() -> Step? {
        if let lastArrivalOfReset { return .postpone(until: lastArrivalOfReset) }
        entry.held = nil
        return nil
    }

    /// Whether a control was read after all had arrived that another agent sent.
    func endsFormerWrites(_ outcome: Outcome) -> Bool {
        terms.former != nil && lastArrival == nil && (outcome.value != nil || outcome.code != .failed)
    }
}
