public import PowerEvents
public import StrictJSON

/// Brings one control to its goal, one step at a time.
///
/// A value: it is told what happened and answers with what to do next. Whoever performs the steps talks to the BMC and
/// the journal. The order is always the same: read, make prior and intent durable, write, read back.
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
        case reset(String)
    }

    public enum Step: Sendable, Hashable {
        case read
        /// Make ``Convergence/entry`` durable; nothing may be written before that succeeded.
        case record
        case write(Write)
        case wait(Duration)
        case finish(Outcome)
    }

    /// What the goal is to be reached with.
    public struct Terms: Sendable {
        public var floor: Watts?
        public var retries: Int
        public var onDrift: Policy.Drift
        public var suspend: [ResetType]
        public var reassertLimit: Int
        /// After this no retry and no further look is started.
        public var deadline: Timestamp
        /// Attempts to put back that have failed so far.
        public var failedReverts: Int

        public init(floor: Watts?, policy: Policy, deadline: Timestamp, failedReverts: Int = 0) {
            self.failedReverts = failedReverts
            self.floor = floor
            retries = policy.retries
            onDrift = policy.onDrift
            suspend = policy.suspend
            reassertLimit = policy.reassertLimit
            self.deadline = deadline
        }
    }

    enum Phase: Sendable, Hashable {
        case looking
        case recording(Write)
        case writing(Write)
        /// Looking whether a write took. `isCertain`: the BMC said that it did.
        case confirming(Write, isCertain: Bool)
        case finished
    }

    public internal(set) var entry: ControlEntry
    /// The entry as it is known to be durable.
    private var durableEntry: ControlEntry
    public let goal: Goal
    let terms: Terms
    var phase = Phase.looking
    /// Faults in a row.
    var failures = 0
    /// The entry before a write was decided on.
    var beforeIntent: ControlEntry?
    /// What the BMC said of the last write although it accepted it.
    var objection: String?
    /// Why it is not known what became of the last write.
    var doubt: String?
    /// Writes that were tried again.
    var rewrites = 0
    /// Looks at a value that is not yet the one written.
    var looks = 0
    /// What the outcome should say beside its code.
    var remark: String?
    /// What the wait was for.
    var afterWait = Step.read

    public init(entry: ControlEntry, goal: Goal, terms: Terms) {
        self.entry = entry
        durableEntry = entry
        self.goal = goal
        self.terms = terms
    }

    public mutating func start() -> Step { .read }

    /// How long is left of what the goal may take.
    public func timeLeft(_ now: Timestamp) -> Duration { terms.deadline - now }

    /// The BMC answered a read, or did not.
    public mutating func didRead(_ result: Result<Reading, BMCFault>, now: Timestamp) -> Step {
        switch result {
        case .failure(let fault): return didFailToRead(fault, now: now)
        case .success(let reading):
            failures = 0
            if let known = entry.identity, entry.prior != nil, let identity = reading.identity, identity != known {
                return finish(
                    .failed, "another machine (\(identity)) answers at this address; the prior is of \(known)",
                    value: reading.value)
            }
            if entry.identity == nil { entry.identity = reading.identity }
            entry.locator = reading.locator
            objection = reading.objection
            if case .confirming(let write, let isCertain) = phase {
                return confirm(write, isCertain: isCertain, reading, now: now)
            }
            switch goal {
            case .demands(let demands): return pursue(demands, reading, now: now)
            case .prior: return restore(reading, now: now)
            }
        }
    }

    /// ``entry`` is durable.
    public mutating func didRecord() -> Step {
        guard case .recording(let write) = phase else { return finish(.failed, "internal: recorded out of turn") }
        durableEntry = entry
        phase = .writing(write)
        return .write(write)
    }

    /// ``entry`` could not be made durable, or the write is not permitted: it must not go out.
    public mutating func didNotRecord(_ outcome: Outcome) -> Step {
        entry = durableEntry
        phase = .finished
        return .finish(outcome)
    }

    /// The BMC answered a write, or did not.
    public mutating func didWrite(_ result: Result<Void, BMCFault>, now: Timestamp) -> Step {
        guard case .writing(let write) = phase else { return finish(.failed, "internal: written out of turn") }
        looks = 0
        switch result {
        case .success:
            failures = 0
            phase = .confirming(write, isCertain: true)
            return .read
        case .failure(let fault) where fault.kind == .unknownEffect:
            // Looked at before anything is repeated.
            doubt = fault.message
            phase = .confirming(write, isCertain: false)
            return .read
        case .failure(let fault):
            guard fault.isWorthRetrying, let delay = nextDelay(fault, now: now) else {
                if case .demands = goal { disownIntent() }
                return finish(fault)
            }
            return wait(delay, then: .write(write))
        }
    }

    public mutating func didWait(now: Timestamp) -> Step { afterWait }

    /// The write certainly did not take, so it is not ours to recognise later. Earlier ones that were never answered are.
    private mutating func disownIntent() {
        guard doubt == nil, let before = beforeIntent else { return }
        let isInDoubt = before.isUnconfirmed == true
        entry.intent = isInDoubt ? before.intent : entry.held
        entry.isUnconfirmed = isInDoubt ? true : nil
        entry.earlierIntents = before.earlierIntents
    }
}

// MARK: - Faults and waits

extension Convergence {
    mutating func finish(
        _ code: EnforcementResult.Code, _ message: String? = nil, value: ControlValue? = nil, unreachable: Bool = false
    ) -> Step {
        phase = .finished
        return .finish(Outcome(code, message, value: value, unreachable: unreachable))
    }

    mutating func finish(_ fault: BMCFault) -> Step {
        let tries = failures > 0 ? " after \(failures) \(failures == 1 ? "retry" : "retries")" : ""
        switch fault.kind {
        case .machineOff:
            // A prior that cannot be put back now is still owed; a cap on a machine that is down is not.
            return finish(goal == .prior ? .failed : .skipped, "node is off: \(fault.message)")
        case .unreachable, .leftAlone:
            return finish(.failed, "BMC unreachable\(tries): \(fault.message)", unreachable: true)
        case .unsupported:
            phase = .finished
            var outcome = Outcome(.failed, fault.message)
            outcome.isUnsupported = true
            return .finish(outcome)
        case .unknownEffect: return finish(.failed, "unknown\(tries): \(fault.message)")
        default: return finish(.failed, fault.message + tries)
        }
    }

    mutating func wait(_ delay: Duration, then step: Step) -> Step {
        afterWait = step
        return .wait(delay)
    }

    /// How long to wait before the next retry; nil where there is to be none.
    mutating func nextDelay(_ fault: BMCFault, now: Timestamp) -> Duration? {
        guard failures < terms.retries else { return nil }
        let backOff = Duration.milliseconds(500) * (1 << min(failures, 6))
        // Spread by the control's name: many BMCs of one rack must not come back in step.
        let delay = fault.retryAfter ?? (backOff + backOff * Jitter.fraction(of: entry.key, turn: failures) / 2)
        guard now + delay < terms.deadline else { return nil }
        failures += 1
        return delay
    }

    private mutating func didFailToRead(_ fault: BMCFault, now: Timestamp) -> Step {
        if fault.isWorthRetrying, let delay = nextDelay(fault, now: now) { return wait(delay, then: .read) }
        guard case .confirming(let write, _) = phase else { return finish(fault) }
        if fault.kind == .machineOff, case .reset = write {
            // The resource went away with the machine; the power state itself is still readable elsewhere.
            return finish(.failed, "unknown: \(fault.message)")
        }
        return finish(
            .failed, "unknown: written, but it could not be read back: \(fault.message)",
            unreachable: fault.kind == .unreachable || fault.kind == .leftAlone)
    }
}
