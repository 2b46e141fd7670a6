public import PowerEvents
import Retrying
public import StrictJSON

/// Brings one control to its goal, one step at a time.
///
/// A value: it is told what happened and answers with what to do next. Whoever performs the steps talks to the BMC and
/// the journal. The order is always the same: read, make prior and intent durable, write, read back. What a BMC answers
/// to a write decides nothing but how soon it is read: what it shows afterwards is the truth.
public struct Convergence: Sendable {
    public enum Goal: Sendable, Hashable {
        /// Satisfy these demands, of which there is at least one.
        case demands([Demand])
        /// Put back what was there before.
        case prior
    }

    public enum Write: Sendable, Hashable {
        case limit(Watts)
        case speed(Megahertz)
        case mode(String)
        /// The raw fragment of a prior.
        case restore(JSONValue)
        case reset(ResetType)

        /// No limit, as the control itself spells that: what a prior means to a control of another kind.
        public static let lift = Write.restore(.null)
    }

    public enum Step: Sendable, Hashable {
        case read
        /// Make ``Convergence/entry`` durable; nothing may be written before that succeeded.
        case record
        case write(Write)
        case wait(Duration)
        /// Begin anew at that time, or once there is a right to write: it has come to no end.
        case postpone(until: Timestamp?)
        case finish(Outcome)
    }

    /// What the goal is to be reached with.
    public struct Terms: Sendable {
        public var floor: Watts?
        public var retries: Int
        public var onDrift: Policy.Drift
        public var suspend: [ResetType]
        public var reassertLimit: Int
        /// After this no retry and no further read is started.
        public var deadline: Timestamp
        /// Attempts to put back that have failed so far.
        public var failedReverts: Int
        /// The demands of breaches that are still open, for which something may be written; the others are of resolved
        /// ones, for which nothing is begun any more. nil: all.
        public var pursued: [Demand]?
        /// Why nothing is begun where ``pursued`` is empty.
        public var whyNotPursued = FailureReason.resolvedMeanwhile
        /// What another agent that led before may have on its way; nil where there is none.
        public var former: FormerWrites?
        /// Whether it was put back, and is kept in mind for what may still arrive.
        public var isRestored = false

        public init(
            floor: Watts?, policy: Policy, deadline: Timestamp, failedReverts: Int = 0, pursued: [Demand]? = nil
        ) {
            self.failedReverts = failedReverts
            self.floor = floor
            self.pursued = pursued
            retries = policy.retries
            onDrift = policy.onDrift
            suspend = policy.suspend
            reassertLimit = policy.reassertLimit
            self.deadline = deadline
        }
    }

    /// What the BMC said to a write.
    enum Answer: Sendable, Hashable {
        /// That it did as asked.
        case accepted
        /// That it did not.
        case refused
        /// Nothing that tells.
        case unknown
    }

    enum Phase: Sendable, Hashable {
        case reading
        case recording(Write)
        case writing(Write)
        /// Looking whether a write took.
        case confirming(Write, Answer)
        /// Looking how a change of power comes along that was under way before anything was written.
        case underWay(ResetType)
        /// Looking a last time before a write is repeated.
        case repeating(Write)
        /// Somebody else wrote, says the BMC; reading whether it was not our write that it carried out.
        case overtaken(Write)
        case finished
    }

    public internal(set) var entry: ControlEntry
    /// The entry as it is known to be durable.
    private(set) var durableEntry: ControlEntry
    /// Whether there was a prior before this convergence began.
    let hadPrior: Bool
    public let goal: Goal
    let terms: Terms
    var phase = Phase.reading
    /// Faults in a row.
    var failures = 0
    /// The entry before a write was decided on.
    var beforeIntent: ControlEntry?
    /// What the control held when the last write was decided on.
    var valueBefore: ControlValue?
    /// Where it was then: what is written says what it says only there.
    var placeBefore: ControlPlace?
    /// The members that a write could change, as they were then.
    var fragmentBefore: JSONValue?
    /// What the first read after the last write showed, or the first that showed something new.
    var firstSeen: ControlValue?
    /// What the last read showed that was not what was written.
    var lastSeen: ControlValue?
    /// What the BMC said of the last write although it accepted it.
    var objection: String?
    /// What the BMC said to the last write, where that was no acceptance.
    var answer: BMCFault?
    /// Whether the BMC said of one of the writes anything but that it did not do it.
    var mayHaveTaken = false
    /// Writes that were tried again.
    var rewrites = 0
    /// How often somebody else wrote between our read and our write.
    private var races = 0
    /// Looks at a value that is not yet the one written.
    var reads = 0
    /// What the outcome should say beside its code.
    var remark: AppliedRemark?
    /// What the wait was for.
    var afterWait = Step.read

    public init(entry: ControlEntry, goal: Goal, terms: Terms) {
        self.entry = entry
        durableEntry = entry
        hadPrior = entry.prior != nil
        self.goal = goal
        self.terms = terms
    }

    public mutating func start() -> Step { .read }

    /// How long is left of what the goal may take.
    public func timeLeft(_ now: Timestamp) -> Duration { terms.deadline - now }

    /// How old what is known of the machine's identity may be at the next read. A prior goes to the machine that it was
    /// taken from, so before it is put back the machine is asked anew.
    public var identityAge: Duration {
        if case .prior = goal, phase == .reading { return .zero }
        return .seconds(60)
    }

    /// The BMC answered a read, or did not.
    public mutating func didRead(_ result: Result<Reading, BMCFault>, now: Timestamp) -> Step {
        switch result {
        case .failure(let fault) where fault.kind == .fenced: return didFindFence()
        case .failure(let fault): return didFailToRead(fault, now: now)
        case .success(let reading):
            let known = phase
            failures = 0
            if let refusal = checkIdentity(reading) {
                if case .confirming(_, let answer) = known { noteMadeUnread(answer) }
                return refusal
            }
            entry.locator = reading.locator
            entry.place = reading.place ?? entry.place
            objection = reading.objection
            switch phase {
            case .confirming(let write, let answer):
                return confirm(write, answer, reading, now: now)
            case .underWay(let type): return confirm(.reset(type), .unknown, reading, now: now)
            case .repeating(let write):
                return isReached(write, reading)
                    ? confirm(write, .unknown, reading, now: now) : repeatIfUnchanged(write, reading, now: now)
            case .overtaken(let write):
                if isReached(write, reading) { return confirm(write, .unknown, reading, now: now) }
                // Of a change of several requests, one may have been obeyed and said to be refused: then it is ours.
                if reading.value != valueBefore || reading.fragment == fragmentBefore { withdraw() }
                return decide(reading, now: now)
            case .reading, .recording, .writing, .finished: return decide(reading, now: now)
            }
        }
    }

    mutating func decide(_ reading: Reading, now: Timestamp) -> Step {
        phase = .reading
        valueBefore = reading.value
        placeBefore = reading.place
        fragmentBefore = reading.fragment
        switch goal {
        case .demands(let demands): return pursue(demands, reading, now: now)
        case .prior: return restore(reading, now: now)
        }
    }

    /// A prior is owed to one machine, and a cap is written to the one that it was decided for.
    private mutating func checkIdentity(_ reading: Reading) -> Step? {
        // Whether the node tells it or the service is a matter of where the control was found (and of the version).
        let hasOtherTeller = (entry.locator?["system"] == nil) != (reading.locator["system"] == nil)
        // Of what was only read, nothing is owed.
        guard entry.isOwed, entry.isMoved == true || !hasOtherTeller, let known = entry.identity else {
            entry.identity = reading.identity ?? entry.identity
            return entry.isOwed && entry.isMoved == true ? finishUnknownMachine(reading) : nil
        }
        guard let identity = reading.identity else {
            return entry.isMoved == true ? finishUnknownMachine(reading) : nil
        }
        if known.contradicts(identity) {
            return finish(
                .anotherMachine(found: identity.description, known: known.description), value: reading.value)
        }
        if entry.isMoved == true {
            guard known.isConfirmed(by: identity) else { return finishUnknownMachine(reading) }
            entry.isMoved = nil
        }
        entry.identity = known.completed(by: identity)
        return nil
    }

    private mutating func finishUnknownMachine(_ reading: Reading) -> Step {
        finish(.machineNotKnown, value: reading.value)
    }

    /// ``entry`` is durable.
    public mutating func didRecord() -> Step {
        guard case .recording(let write) = phase else { return finish(.internal("recorded out of turn")) }
        durableEntry = entry
        phase = .writing(write)
        return .write(write)
    }

    /// ``entry`` could not be made durable, or the write is not permitted: it must not go out.
    public mutating func didNotRecord(_ outcome: Outcome) -> Step {
        // What was recorded before it may have been withdrawn since: nothing of that is taken up again.
        takeBack(beforeIntent ?? durableEntry)
        forgetUntouchedPrior()
        phase = .finished
        return .finish(seen(outcome))
    }

    /// What was recorded may not be written any more, and was not: as if it had never been intended.
    public mutating func didNotWrite(_ outcome: Outcome) -> Step {
        withdraw()
        forgetUntouchedPrior()
        phase = .finished
        return .finish(seen(outcome))
    }

    /// With what the control was just seen to hold, which a write that does not go out leaves as it is.
    private func seen(_ outcome: Outcome) -> Outcome { Outcome(outcome.ending, value: outcome.value ?? valueBefore) }

    /// The BMC answered a write, or did not.
    public mutating func didWrite(_ result: Result<Void, BMCFault>, now: Timestamp) -> Step {
        guard case .writing(let write) = phase else { return finish(.internal("written out of turn")) }
        reads = 0
        lastSeen = nil
        switch result {
        case .success:
            failures = 0
            answer = nil
            mayHaveTaken = true
            phase = .confirming(write, .accepted)
            return .read
        case .failure(let fault) where fault.kind == .fenced: return didFindFence()
        case .failure(let fault) where fault.kind == .overtaken:
            return didLoseRace(write, fault)
        case .failure(let fault) where fault.isUnsent:
            withdraw()
            guard fault.isWorthRetrying, let delay = nextDelay(fault, now: now) else { return finish(fault) }
            phase = .reading
            return wait(delay, then: .read)
        case .failure(let fault):
            answer = fault
            if !fault.isRefusal { mayHaveTaken = true }
            phase = .confirming(write, fault.kind == .unknownEffect ? .unknown : .refused)
            return .read
        }
    }

    /// Somebody else wrote between our read and our write. Read again, and decided again: what they wrote is what
    /// was there before us, where nothing of ours is under way.
    private mutating func didLoseRace(_ write: Write, _ fault: BMCFault) -> Step {
        guard races < terms.retries else {
            answer = fault
            phase = .confirming(write, .refused)
            return .read
        }
        races += 1
        phase = .overtaken(write)
        return .read
    }

    public mutating func didWait(now: Timestamp) -> Step { afterWait }

    /// The last write was never sent, so nothing can be ours because of it. Earlier ones may be.
    mutating func withdraw() {
        guard let before = beforeIntent, answer == nil else { return }
        takeBack(before)
        beforeIntent = nil
    }

    /// An earlier state of the entry, but for where the control was seen to be since.
    mutating func takeBack(_ before: ControlEntry) {
        let (locator, place, identity) = (entry.locator, entry.place, entry.identity)
        entry = before
        (entry.locator, entry.place, entry.identity) = (locator, place, identity)
    }
}

// MARK: - Faults and waits

extension Convergence {
    /// It failed.
    mutating func finish(_ reason: FailureReason, value: ControlValue? = nil) -> Step {
        finish(.failed(reason), value: value)
    }

    /// It is as it should be.
    mutating func finish(applied remarks: AppliedRemark?..., value: ControlValue? = nil) -> Step {
        finish(.applied(remarks.compactMap { $0 }), value: value)
    }

    mutating func finish(_ ending: Outcome.Ending, value: ControlValue?) -> Step {
        phase = .finished
        if let time = mayBeUndone(by: ending) { return .postpone(until: time) }
        return .finish(Outcome(ending, value: value))
    }

    mutating func finish(_ fault: BMCFault) -> Step {
        // A prior that cannot be put back now is still owed; a cap on a machine that is down is not.
        if fault.kind == .machineOff, goal != .prior { return finish(.skipped(.nodeOff(fault.message)), value: nil) }
        return finish(.bmc(fault.kind, fault.message, retries: failures))
    }

    mutating func wait(_ delay: Duration, then step: Step) -> Step {
        afterWait = step
        return .wait(delay)
    }

    /// How long to wait before the next retry; nil where there is to be none.
    mutating func nextDelay(_ fault: BMCFault, now: Timestamp) -> Duration? {
        guard failures < terms.retries else { return nil }
        // Spread by the control's name: many BMCs of one rack must not come back in step.
        let delay =
            fault.retryAfter
            ?? Backoff.request.delay(after: failures, fraction: Jitter.fraction(of: entry.key, turn: failures))
        guard now + delay < terms.deadline else { return nil }
        failures += 1
        return delay
    }

    private mutating func didFailToRead(_ fault: BMCFault, now: Timestamp) -> Step {
        if fault.isWorthRetrying, let delay = nextDelay(fault, now: now) { return wait(delay, then: .read) }
        let write: Write
        switch phase {
        case .confirming(let pending, let answer):
            write = pending
            noteMadeUnread(answer)
        case .repeating(let pending), .overtaken(let pending): write = pending
        case .underWay(let type): write = .reset(type)
        case .reading, .recording, .writing, .finished: return finish(fault)
        }
        if fault.kind == .machineOff, case .reset = write {
            // The resource went away with the machine; the power state itself is still readable elsewhere.
            return finish(.bmc(.unknownEffect, fault.message, retries: 0))
        }
        return finish(.unread(fault.kind, fault.message))
    }
}
