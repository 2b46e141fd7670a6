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

    /// How long a machine is left alone before it is read again whose power another agent may have asked to be switched.
    static let resetPause = Duration.seconds(3)

    /// Where another agent may have asked for a change of power that has not come about: when to look again. It comes about
    /// within seconds, and is told then; nothing is sent before it must have.
    func nextLookForReset(_ now: Timestamp) -> Timestamp? {
        guard terms.former?.isWithReset == true, let lastAnswer = terms.former?.lastAnswer else { return nil }
        return min(lastAnswer, now + Self.resetPause)
    }

    /// Whether a value is what this agent put there, or one that led before: then it is ours, whoever comes to see it.
    func isOurs(_ value: ControlValue) -> Bool { entry.recognises(value) || isOfFormer(value) }

    /// Whether it may be what an agent has put there that led before, on its way to a hold or back.
    func isOfFormer(_ value: ControlValue) -> Bool { terms.former != nil && entry.mayHaveBeenSent(value) }

    /// What was intended was read back. What was sent before is remembered for as long as it may still arrive.
    mutating func hold(_ value: ControlValue, as wanted: ControlValue? = nil) {
        if lastArrival == nil { entry.hold(value, as: wanted) } else { entry.holdForNow(value, as: wanted) }
    }

    /// What may be made untrue yet is not said before a BMC must have answered all that was sent to it.
    func mayBeUndone(by ending: Outcome.Ending) -> Timestamp? {
        guard goal == .prior, entry.intent != nil, let lastAnswer = terms.former?.lastAnswer else { return nil }
        switch ending {
        case .failed: return nil
        // Where everything was seen to take, nothing is on its way but the way back, which is where it is.
        case .applied: return entry.hasUnseenWrites ? lastAnswer : nil
        case .skipped: return lastAnswer
        }
    }

    /// A machine that was seen down and is to be runs: another agent may have powered it on before it was to be down again.
    mutating func takeBackPowerOn(now: Timestamp) -> Step? {
        if let time = nextLookForReset(now) { return .postpone(until: time) }
        entry.held = nil
        return nil
    }

    /// What was put back and holds neither that nor anything that may still have arrived is as somebody else has made it since.
    mutating func forgetRestored(_ reading: Reading) {
        if terms.isRestored, entry.intent != nil, !entry.mayHaveBeenSent(reading.value) { entry.disown() }
    }

    /// Whether a control was read after all had arrived that another agent sent.
    func endsFormerWrites(_ outcome: Outcome) -> Bool {
        terms.former != nil && lastArrival == nil && (outcome.value != nil || outcome.code != .failed)
    }
}
