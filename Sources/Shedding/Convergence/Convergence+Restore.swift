import PowerEvents
import StrictJSON

/// From what a control holds back to what was there before the first hold.
extension Convergence {
    mutating func restore(_ reading: Reading, now: Timestamp) -> Step {
        // What was never written to and has not gone with the power is as it was, or somebody else's.
        guard let prior = entry.prior, entry.intent != nil || isLostByUs(reading) else {
            return finish(applied: .nothingChanged, value: reading.value)
        }
        switch (prior.value, reading.value) {
        case (.power(let before), .power(let state)): return restorePower(before, state, reading, now: now)
        default: return restoreLimit(prior, reading)
        }
    }

    private mutating func restoreLimit(_ prior: ControlEntry.Prior, _ reading: Reading) -> Step {
        let hasMoved = prior.place != nil && reading.place != nil && prior.place != reading.place
        if hasMoved ? reading.value.matches(prior.value) : Self.isSame(reading.fragment, prior.fragment) {
            return finishAsBefore(reading)
        }
        // A crash between a limit's preparation and the limit leaves the value as it was.
        let isUntouched = entry.isUnconfirmed == true && reading.value.matches(prior.value)
        guard
            isOurs(reading.value) || isLostByUs(reading) || isOffAsBefore(reading) || isUntouched
                || terms.onDrift == .restore
        else {
            guard let set = entry.held ?? (entry.isRefused ? nil : entry.intent) else {
                return finish(.skipped(.takenOver), value: reading.value)
            }
            return finish(
                .skipped(.changedBySomebodyElse(holds: reading.value, set: set, prior: prior.value)),
                value: reading.value)
        }
        guard !hasMoved else { return restoreMeaning(of: prior, reading) }
        phase = .recording(.restore(prior.fragment))
        return .record
    }

    /// Whether it has gone with the power that this agent has switched.
    func isLostByUs(_ reading: Reading) -> Bool {
        entry.isOwed && entry.isPowerCycled == true && reading.isUnlimited
    }

    /// The control is another one than that which the prior was taken from: a raw fragment of that means nothing here.
    private mutating func restoreMeaning(of prior: ControlEntry.Prior, _ reading: Reading) -> Step {
        let write: Write
        switch prior.value {
        case .limit(let watts?): write = .limit(watts)
        case .speed(let speed?): write = .speed(speed)
        case .limit(nil), .speed(nil): write = .lift
        case .mode(let mode): write = .mode(mode)
        case .power: return finish(.internal("a power state is no fragment"), value: reading.value)
        }
        phase = .recording(write)
        return .record
    }

    /// Whether nothing limits it now, and nothing did before: what else differs is without effect.
    func isOffAsBefore(_ reading: Reading) -> Bool {
        reading.value.isUnlimited && entry.prior?.value == reading.value
    }

    /// It is as it was. Two, four and eight seconds: a request that was under way has arrived by then.
    mutating func finishAsBefore(_ reading: Reading) -> Step {
        mayStillChange(for: 3)
            ? finish(.writeMayStillTake, value: reading.value) : finish(applied: nil, value: reading.value)
    }

    private mutating func restorePower(
        _ before: PowerState, _ state: PowerState, _ reading: Reading, now: Timestamp
    ) -> Step {
        guard before == .on || before == .poweringOn else {
            return finish(applied: .wasDown(before), value: reading.value)
        }
        switch state {
        case .on:
            // Two seconds, doubled each time, to four minutes in all.
            return mayStillChange(for: 7)
                ? finish(.shutdownMayStillCome, value: reading.value) : finish(applied: nil, value: reading.value)
        case .poweringOn:
            phase = .underWay(.on)
            return waitForPower(reading, now: now)
        case .poweringOff:
            // The shutdown that we asked for is still under way; it cannot be powered on before it is off.
            guard now + .seconds(2) < terms.deadline else {
                return finish(.deadline(reading.value, after: nil), value: reading.value)
            }
            return wait(.seconds(2), then: .read)
        case .unknown: return finish(.powerStateUnknown)
        case .off, .paused, .sleeping, .hibernating:
            let wanted: [ResetType] = state == .paused ? [.resume, .on] : [.on, .forceOn, .resume]
            if let time = nextLookForReset(now) { return .postpone(until: time) }
            let method = wanted.first(where: reading.resetTypes.contains) ?? wanted[0]
            phase = .recording(.reset(method))
            return .record
        }
    }

    /// Whether what was asked for last was never seen and is not long ago, by the attempts to put back since.
    private func mayStillChange(for attempts: Int) -> Bool {
        // Of what another agent sent, that is waited for at the end; and of limits, each is looked at once more when all has
        // arrived. Machines take minutes to shut down, whoever asked.
        if let former = terms.former, former.lastAnswer != nil || entry.key.facet != .powerState { return false }
        // A machine that was seen down since has done what it was asked.
        if entry.key.facet == .powerState, entry.held != nil { return false }
        // What was refused is more likely not to come, but machines are switched off by no more than a rumour.
        let patience = entry.wasRefused == true ? attempts - 2 : attempts
        return entry.isUnconfirmed == true && terms.failedReverts < patience
    }

    /// Whether one is the other as a string, which some firmware makes of numbers.
    private static func isSameNumber(_ left: JSONValue, _ right: JSONValue) -> Bool {
        guard let text = left.string, let number = right.number else { return false }
        return text == number.text
    }

    /// Whether two fragments mean the same to a BMC. Many leave a member out that others show as null.
    static func isSame(_ left: JSONValue, _ right: JSONValue) -> Bool {
        guard case .object(let one) = left, case .object(let other) = right else {
            return left == right || isSameNumber(left, right) || isSameNumber(right, left)
        }
        return Set(one.keys).union(other.keys).allSatisfy { key in
            isSame(one[key] ?? .null, other[key] ?? .null)
        }
    }
}
