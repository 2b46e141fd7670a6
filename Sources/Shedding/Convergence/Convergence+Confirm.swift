import PowerEvents
import Retrying
import StrictJSON

/// Looking whether a write took: applied means read back, and nothing else counts. Neither does a refusal: BMCs say no
/// to what they did, and yes to what they did not do.
extension Convergence {
    /// At a limit that is not yet what was written: seven and three quarter seconds in all.
    private static let limitReads = 5
    /// After a refusal: most are what they say.
    private static let readsAfterRefusal = 2

    /// Whether a write is done, as a reading shows.
    func isReached(_ write: Write, _ reading: Reading) -> Bool {
        switch write {
        case .limit(let target): return reading.value.matches(.limit(target))
        case .speed(let target): return reading.value.matches(.speed(target))
        case .mode(let target): return reading.value.matches(.mode(target))
        case .lift: return reading.isUnlimited
        case .restore(let fragment): return Self.isSame(reading.fragment, fragment)
        case .reset:
            guard case .power(let state) = reading.value else { return false }
            return goal == .prior ? state == .on : state.isDown
        }
    }

    mutating func confirm(_ write: Write, _ answer: Answer, _ reading: Reading, now: Timestamp) -> Step {
        if case .reset = write { return confirmReset(write, answer, reading, now: now) }
        guard isReached(write, reading) else { return readAgain(write, answer, reading, now: now) }
        switch (goal, write) {
        case (.prior, .restore(let fragment)) where !fragment.isNull: return finishAsBefore(reading)
        case (.prior, _):
            return finish(applied: .restoredByMeaning, value: reading.value)
        case (.demands, _):
            hold(reading.value)
            return finish(applied: remark, value: reading.value)
        }
    }

    /// It is not what was written: not yet, not at all, or what the BMC made of it.
    private mutating func readAgain(_ write: Write, _ answer: Answer, _ reading: Reading, now: Timestamp) -> Step {
        let isMade = reading.value != valueBefore || isMadeBefore(answer, reading)
        // What a BMC makes of a write it shows at once, or with a delay where it accepted it and has shown nothing new so
        // far; what comes later is somebody else's.
        if reads == 0 || answer == .accepted && firstSeen == valueBefore { firstSeen = reading.value }
        let isSteady = reading.value == lastSeen
        lastSeen = reading.value
        if isMade, isSteady, let step = takeRounding(of: write, reading) { return step }
        let allowed = answer == .refused && !isMade ? Self.readsAfterRefusal : Self.limitReads
        if reads < allowed {
            let delay = Backoff.limitProbe.delay(after: reads)
            if now + delay < terms.deadline {
                reads += 1
                return wait(delay, then: .read)
            }
        }
        if isMade, let step = takeRounding(of: write, reading) { return step }
        // A limit that is gone was lost, and not made of one.
        // What is there although ours came too late (412) is what somebody else wrote.
        let isOurs =
            isMade && reading.value == firstSeen && !reading.isUnlimited && self.answer?.kind != .overtaken
            && !isLoosened(reading.value)
        // What is written once more may make no difference, so that nothing would show whose it is.
        if isOurs, case .demands = goal { entry.made = reading.value }
        if let step = goOn(write, answer, reading, now: now) ?? repeatLater(write, answer, reading, now: now) {
            return step
        }
        // Of what was never answered, more than this may still come. And what was refused and half obeyed is tried again: of a
        // change of several requests the next is yet to be sent, for which there was no time.
        if case .restore(let fragment) = write, goal == .prior, answer != .unknown, isOffAsBefore(reading),
            answer == .accepted || reading.fragment == fragmentBefore || terms.failedReverts > 0
        {
            return finish(
                applied: .offAsBefore(spelled: reading.fragment.text, before: fragment.text), value: reading.value)
        }
        noteMade(answer, reading, isMade: isOurs)
        return finish(failure(answer, reading), value: reading.value)
    }

    /// Whether it lets more through than before, which no BMC makes of a cap that lets less through.
    private func isLoosened(_ value: ControlValue) -> Bool {
        guard case .limit(let watts?) = value, case .limit(let before?) = valueBefore, case .demands = goal,
            case .limit(let wanted?) = entry.intent
        else { return false }
        return watts > before && wanted <= before
    }

    /// Whether it is what the BMC made of the same write when that went out before, and nobody learned what came of it:
    /// the process ended. Written once more, and accepted, nothing changes any more.
    private func isMadeBefore(_ answer: Answer, _ reading: Reading) -> Bool {
        guard case .demands = goal, answer == .accepted, let before = beforeIntent, before.isUnconfirmed == true
        else { return false }
        // What an earlier demand had put there is not what became of this one.
        let isEarlier = before.earlierIntents?.contains { reading.value.matches($0) } == true
        return before.intent == entry.intent && reading.value != entry.prior?.value && !isEarlier
    }

    /// What a BMC makes of a write by its steps is what was asked for, as near as it can.
    private mutating func takeRounding(of write: Write, _ reading: Reading) -> Step? {
        let target: ControlValue
        switch write {
        case .limit(let watts): target = .limit(watts)
        case .speed(let speed): target = .speed(speed)
        case .mode, .restore, .reset: return nil
        }
        guard reading.value.isRounding(of: target, increment: reading.range.increment) else { return nil }
        let rounded = AppliedRemark.rounded(made: reading.value, wanted: target)
        guard case .demands = goal else { return finish(applied: rounded, value: reading.value) }
        hold(reading.value)
        return finish(applied: remark, rounded, value: reading.value)
    }

    /// It was refused, and changed something all the same: of a change that takes several requests, that was one.
    private mutating func goOn(_ write: Write, _ answer: Answer, _ reading: Reading, now: Timestamp) -> Step? {
        // One that came too late (412) has changed nothing: what is there is somebody else's.
        guard answer == .refused, self.answer?.kind != .overtaken, reading.fragment != fragmentBefore,
            reading.place == placeBefore, rewrites < terms.retries, now < terms.deadline
        else { return nil }
        rewrites += 1
        fragmentBefore = reading.fragment
        valueBefore = reading.value
        phase = .writing(write)
        return .write(write)
    }

    /// Writing a set point twice does no harm, where it demonstrably did not take.
    private mutating func repeatLater(
        _ write: Write, _ answer: Answer, _ reading: Reading, now: Timestamp
    ) -> Step? {
        guard let fault = self.answer, answer != .accepted, rewrites < terms.retries, now < terms.deadline,
            fault.kind == .unknownEffect || fault.isWorthRetrying
        else { return nil }
        let delay: Duration
        if fault.kind == .unknownEffect {
            delay = fault.retryAfter ?? .zero
        } else {
            guard let next = nextDelay(fault, now: now) else { return nil }
            delay = next
        }
        guard now + delay < terms.deadline else { return nil }
        rewrites += 1
        if delay == .zero {
            if reading.place != placeBefore { return decide(reading, now: now) }
            phase = .writing(write)
            return .write(write)
        }
        phase = .repeating(write)
        return wait(delay, then: .read)
    }

    /// The control was read right now, and still holds what it did: the write may go out again. Where it holds
    /// something else, or is somewhere else, everything is decided anew.
    mutating func repeatIfUnchanged(_ write: Write, _ reading: Reading, now: Timestamp) -> Step {
        guard reading.value == valueBefore, reading.place == placeBefore else { return decide(reading, now: now) }
        phase = .writing(write)
        return .write(write)
    }

    /// Whatever the BMC put there because of us is ours to put back, and is recognised by that.
    private mutating func noteMade(_ answer: Answer, _ reading: Reading, isMade: Bool) {
        guard case .demands = goal else { return }
        if isMade {
            entry.made = reading.value
            // It did take, in its way, and nothing of it is still under way.
            if answer == .accepted { entry.isUnconfirmed = nil }
        } else if self.answer?.isRefusal == true, !mayHaveTaken {
            // Of an earlier write of the same nobody knows what came of it, unless that was refused as well.
            let isAlone = beforeIntent.map { $0.isUnconfirmed != true || $0.wasRefused == true } ?? false
            if isAlone { entry.wasRefused = true }
        }
    }

    /// It cannot be looked at any longer: what the looks so far have shown is what there is to go by.
    mutating func noteMadeUnread(_ answer: Answer) {
        guard case .demands = goal, let made = lastSeen, made == firstSeen, made != valueBefore, !made.isUnlimited,
            self.answer?.kind != .overtaken, !isLoosened(made)
        else { return }
        entry.made = made
        if answer == .accepted { entry.isUnconfirmed = nil }
    }

    private func failure(_ answer: Answer, _ reading: Reading) -> FailureReason {
        switch answer {
        case .accepted: .notReadBack(holds: reading.value, objection: objection)
        case .refused:
            .bmc(
                self.answer?.kind ?? .refused, self.answer?.message ?? "the BMC refused the write", retries: rewrites)
        case .unknown:
            .unknownEffect(self.answer?.message ?? "the BMC never answered the write", holds: reading.value)
        }
    }

    private mutating func confirmReset(
        _ write: Write, _ answer: Answer, _ reading: Reading, now: Timestamp
    ) -> Step {
        guard case .power(let state) = reading.value else {
            return finish(.internal("a reset of what is no system"))
        }
        if isReached(write, reading) {
            if case .prior = goal { return finish(applied: nil, value: reading.value) }
            hold(reading.value)
            return finish(applied: .suspended(state), value: reading.value)
        }
        guard answer == .refused, reading.value == valueBefore else { return waitForPower(reading, now: now) }
        // Refused, and as it was: read for a while, since machines take their time.
        if reads < Self.readsAfterRefusedReset {
            let delay = Backoff.powerProbe.delay(after: reads)
            if now + delay < terms.deadline {
                reads += 1
                return wait(delay, then: .read)
            }
        }
        if let step = repeatLater(write, answer, reading, now: now) { return step }
        noteMade(answer, reading, isMade: false)
        return finish(failure(answer, reading), value: reading.value)
    }

    /// Seven and a half seconds in all.
    private static let readsAfterRefusedReset = 4

    /// Waits for a power state that takes its time.
    mutating func waitForPower(_ reading: Reading, now: Timestamp) -> Step {
        let delay = Backoff.powerProbe.delay(after: reads)
        guard now + delay < terms.deadline else {
            let reset = if case .confirming(.reset(let type), _) = phase { type } else { nil as ResetType? }
            return finish(.deadline(reading.value, after: reset), value: reading.value)
        }
        reads += 1
        return wait(delay, then: .read)
    }
}
