import PowerEvents
import Retrying
import StrictJSON

/// From what a control holds to what is demanded of it.
extension Convergence {
    /// A quarter of a minute in all.
    private static let readsBeforeAskingAgain = 5

    mutating func pursue(_ demands: [Demand], _ reading: Reading, now: Timestamp) -> Step {
        forgetRestored(reading)
        // Until something is written, it is whatever others make it.
        if entry.intent == nil, !isLostByUs(reading) { takePrior(reading, now: now) }
        switch reading.value {
        case .limit(let current): return pursueLimit(demands, current, reading, now: now)
        case .power(let state): return pursueSuspension(state, reading, now: now)
        case .speed(let current): return pursueSpeed(demands, current, reading, now: now)
        case .mode(let current): return pursueMode(demands, current, reading, now: now)
        }
    }

    /// What it holds is what we made it hold, although that is not the very value.
    private func isHeld(as wanted: ControlValue, _ reading: Reading) -> Bool {
        entry.intent == wanted && entry.isUnconfirmed != true && entry.held.map { reading.value.matches($0) } == true
    }

    /// It holds what is wanted. That is ours, unless it demonstrably came after our write had been refused.
    private mutating func take(_ wanted: ControlValue, _ reading: Reading, now: Timestamp) {
        if entry.intent == nil { return }
        if isOurs(reading.value) { return hold(reading.value, as: wanted) }
        entry.disown()
        takePrior(reading, now: now)
    }

    private mutating func takePrior(_ reading: Reading, now: Timestamp) {
        entry.prior = ControlEntry.Prior(
            value: reading.value, fragment: reading.fragment, takenAt: now, dormant: reading.dormant,
            place: reading.place)
    }

    private mutating func pursueLimit(
        _ demands: [Demand], _ current: Watts?, _ reading: Reading, now: Timestamp
    ) -> Step {
        let prior = entry.prior?.value.limit
        let target: Watts
        switch CapTarget.resolve(demands, range: reading.range, floor: floor, prior: prior) {
        case .success(let watts): target = watts
        case .failure(let refusal):
            forgetUntouchedPrior()
            return finish(.noCapTarget(refusal), value: reading.value)
        }
        let wanted = ControlValue.limit(target)
        remark = remark(demands, target, reading, prior: prior)
        if reading.value.matches(wanted) {
            let wasOurs = entry.intent != nil
            take(wanted, reading, now: now)
            if wasOurs, entry.intent == nil { remark = .alreadyLimited(target) }
            return finish(applied: remark, value: reading.value)
        }
        if isHeld(as: wanted, reading) {
            return finish(applied: .rounded(made: reading.value, wanted: wanted), value: reading.value)
        }
        // What lets more through than was asked for is written again, as often as it is read.
        if entry.intent == wanted, let made = entry.made, reading.value.matches(made), let current, current < target {
            return finish(.clamped(made: reading.value, wanted: wanted), value: reading.value)
        }
        if let current, current < target, entry.intent != nil, entry.isUnconfirmed != true,
            !isOurs(reading.value)
        {
            // Shedding never raises what somebody else has lowered further. After a write of which nothing was seen, it
            // may as well be what the BMC made of it, which shows once it is written again.
            return finish(applied: .limitedBySomebodyElse(reading.value), value: reading.value)
        }
        return pursueOpen(wanted, current, reading)
    }

    /// Writes what is demanded, as far as breaches demand it that are still open.
    private mutating func pursueOpen(_ wanted: ControlValue, _ current: Watts?, _ reading: Reading) -> Step {
        guard let pursued = terms.pursued else { return intend(wanted, reading) }
        let prior = entry.prior?.value.limit
        guard !pursued.isEmpty,
            case .success(let target) = CapTarget.resolve(pursued, range: reading.range, floor: floor, prior: prior)
        else { return finishResolved(reading) }
        if let current, current <= target { return finish(applied: remark, value: reading.value) }
        return intend(.limit(target), reading)
    }

    private mutating func finishResolved(_ reading: Reading) -> Step {
        forgetUntouchedPrior()
        return finish(terms.whyNotPursued, value: reading.value)
    }

    private var floor: Watts? { terms.floor }

    private mutating func pursueSpeed(
        _ demands: [Demand], _ current: Megahertz?, _ reading: Reading, now: Timestamp
    ) -> Step {
        let shares = demands.compactMap { if case .slowToShare(let share) = $0 { share } else { nil } }
        guard let share = shares.min(), let full = reading.speeds?.maximum else {
            return finishUnsupported(.noMaximumSpeed)
        }
        let wanted = max(full.scaled(by: share), reading.speeds?.minimum ?? Megahertz(1))
        // What was slower before any hold stays as it is.
        let prior = if case .speed(let speed?)? = entry.prior?.value { speed } else { nil as Megahertz? }
        let target = min(wanted, prior ?? wanted)
        if reading.value.matches(.speed(target)) {
            take(.speed(target), reading, now: now)
            return finish(applied: .limited(current ?? target), value: reading.value)
        }
        if isHeld(as: .speed(target), reading) {
            return finish(applied: .rounded(made: reading.value, wanted: .speed(target)), value: reading.value)
        }
        if let current, current < target, entry.intent != nil, !isOurs(reading.value) {
            return finish(applied: .limitedBySomebodyElse(reading.value), value: reading.value)
        }
        if terms.pursued?.isEmpty == true { return finishResolved(reading) }
        remark = .limited(target)
        return intend(.speed(target), reading)
    }

    private mutating func pursueMode(
        _ demands: [Demand], _ current: String, _ reading: Reading, now: Timestamp
    ) -> Step {
        let wanted = demands.compactMap { if case .mode(let mode) = $0 { mode } else { nil } }.first
        guard let wanted, reading.modes.contains(wanted) else {
            return finishUnsupported(.modeNotOffered(wanted, offered: reading.modes))
        }
        remark = .powerMode(wanted)
        if current == wanted {
            take(.mode(wanted), reading, now: now)
            return finish(applied: remark, value: reading.value)
        }
        if terms.pursued?.isEmpty == true { return finishResolved(reading) }
        return intend(.mode(wanted), reading)
    }

    private mutating func intend(_ value: ControlValue, _ reading: Reading) -> Step {
        if let refusal = reassertionRefusal(value, reading) { return refusal }
        let write: Write
        switch value {
        case .limit(let watts?): write = .limit(watts)
        case .speed(let speed?): write = .speed(speed)
        case .mode(let mode): write = .mode(mode)
        case .limit(nil), .speed(nil), .power:
            return finish(.internal("\(value) is no demand"), value: reading.value)
        }
        return record(value, by: write)
    }

    private mutating func record(_ value: ControlValue, by write: Write) -> Step {
        beforeIntent = entry
        entry.intend(value)
        entry.floor = floor ?? .zero
        phase = .recording(write)
        return .record
    }

    /// The hint's second choice has its turn then, unless this one is held already.
    private mutating func finishUnsupported(_ reason: FailureReason) -> Step {
        forgetUntouchedPrior()
        return finish(reason)
    }

    /// Counts how often a value that once held was changed by somebody else; past the limit it is contended.
    private mutating func reassertionRefusal(_ wanted: ControlValue, _ reading: Reading) -> Step? {
        guard let held = entry.held, entry.intent == wanted || held.matches(wanted) else { return nil }
        if isOfFormer(reading.value) { return nil }
        guard entry.reassertions < terms.reassertLimit else { return finishContended(reading) }
        entry.reassertions += 1
        return nil
    }

    private mutating func finishContended(_ reading: Reading) -> Step {
        finish(.contended(reading.value, corrections: entry.reassertions), value: reading.value)
    }

    private func remark(_ demands: [Demand], _ target: Watts, _ reading: Reading, prior: Watts?) -> AppliedRemark? {
        if entry.intent == nil, let prior, prior == target, reading.value.matches(.limit(target)) {
            return .alreadyLimited(prior)
        }
        let asked = demands.compactMap { if case .cap(let watts) = $0 { watts } else { nil } }.min()
        guard let asked, target > asked else { return nil }
        if let floor, floor >= reading.range.minimum ?? .zero {
            return .raisedToFloor(floor)
        }
        return .raisedToMinimum(reading.range.minimum ?? target)
    }

    private mutating func pursueSuspension(_ state: PowerState, _ reading: Reading, now: Timestamp) -> Step {
        if state.isDown {
            if entry.intent == nil {
                return finish(applied: .alreadyDown(state), value: reading.value)
            }
            hold(reading.value)
            return finish(applied: .suspended(state), value: reading.value)
        }
        guard state != .unknown else {
            forgetUntouchedPrior()
            return finish(.powerStateUnknown)
        }
        if let refusal = giveUpSuspended(reading, now: now) { return refusal }
        if state == .poweringOff {
            phase = .underWay(.gracefulShutdown)
            return waitForPower(reading, now: now)
        }
        let isToBegin = terms.pursued?.isEmpty != true
        if isToBegin, let time = nextLookForReset(now) { return .postpone(until: time) }
        // What another agent may have asked for was waited for already.
        let isWaitedFor = isToBegin && terms.former?.isWithReset == true
        if entry.intent != nil, entry.held == nil, !isWaitedFor, reads < Self.readsBeforeAskingAgain {
            // Intended before a crash or a deadline: perhaps under way, perhaps never sent. A reset is not blindly
            // repeated, so the machine is watched first; only one that still runs is asked again.
            let delay = Backoff.powerProbe.delay(after: reads)
            if now + delay < terms.deadline {
                reads += 1
                return wait(delay, then: .read)
            }
        }
        guard isToBegin else { return finishResolved(reading) }
        guard let method = terms.suspend.lazy.compactMap({ $0.asOffered(among: reading.resetTypes) }).first else {
            forgetUntouchedPrior()
            return finish(.noWayToSuspend(offered: reading.resetTypes))
        }
        return record(.power(.off), by: .reset(method))
    }

    /// A machine that we suspended and that runs was powered on by its people. It is theirs from then on, unless it is
    /// suspended once more, which is done only so often.
    private mutating func giveUpSuspended(_ reading: Reading, now: Timestamp) -> Step? {
        if case .power(let held)? = entry.held, held.isDown {
            if terms.former?.isWithReset == true { return takeBackPowerOn(now: now) }
            let reassertions = entry.reassertions
            entry.disown()
            entry.reassertions = reassertions + 1
            entry.prior = ControlEntry.Prior(
                value: reading.value, fragment: reading.fragment, takenAt: now, place: reading.place)
            guard reassertions < terms.reassertLimit else {
                entry.reassertions = max(terms.reassertLimit, 1)
                return finishContended(reading)
            }
            return nil
        }
        guard entry.intent == nil, entry.reassertions > 0, entry.reassertions >= terms.reassertLimit else { return nil }
        return finishContended(reading)
    }

    /// A control that was read but never written has no prior worth keeping, unless it stood as it was asked for before: then
    /// it was held, and is told of when it is let go.
    mutating func forgetUntouchedPrior() {
        if entry.intent == nil, !hadPrior { entry.prior = nil }
    }
}
