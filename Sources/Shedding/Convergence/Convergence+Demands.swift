import PowerEvents
import StrictJSON

/// From what a control holds to what is demanded of it.
extension Convergence {
    /// Half a second, doubled each time: a quarter of a minute in all.
    private static let looksBeforeAskingAgain = 5

    mutating func pursue(_ demands: [Demand], _ reading: Reading, now: Timestamp) -> Step {
        // Until something is written, it is whatever others make it.
        if entry.intent == nil {
            entry.prior = ControlEntry.Prior(
                value: reading.value, fragment: reading.fragment, takenAt: now, dormant: reading.dormant)
        }
        switch reading.value {
        case .limit(let current): return pursueLimit(demands, current, reading)
        case .power(let state): return pursueSuspension(state, reading, now: now)
        case .speed(let current): return pursueSpeed(demands, current, reading)
        case .mode(let current): return pursueMode(demands, current, reading)
        }
    }

    private mutating func pursueLimit(_ demands: [Demand], _ current: Watts?, _ reading: Reading) -> Step {
        let prior = entry.prior?.value.limit
        let target: Watts
        switch CapTarget.resolve(demands, range: reading.range, floor: terms.floor, prior: prior) {
        case .success(let watts): target = watts
        case .failure(let refusal):
            forgetUntouchedPrior()
            return finish(.failed, refusal.description, value: reading.value)
        }
        let wanted = ControlValue.limit(target)
        remark = remark(demands, target, reading, prior: prior)
        if reading.value.matches(wanted) {
            if entry.intent != nil { hold(reading) }
            return finish(.applied, remark, value: reading.value)
        }
        if let current, current < target, entry.intent != nil, !entry.recognises(reading.value) {
            // Shedding never raises what somebody else has lowered further.
            return finish(.applied, "somebody else limits it to \(current)", value: reading.value)
        }
        return intend(wanted, by: .limit(target), reading)
    }

    private mutating func pursueSpeed(_ demands: [Demand], _ current: Megahertz?, _ reading: Reading) -> Step {
        let shares = demands.compactMap { if case .slowToShare(let share) = $0 { share } else { nil } }
        guard let share = shares.min(), let full = reading.speeds?.maximum else {
            return finishUnsupported("the BMC tells no highest speed to take a share of")
        }
        let wanted = max(full.scaled(by: share), reading.speeds?.minimum ?? Megahertz(1))
        // What was slower before any hold stays as it is.
        let prior = if case .speed(let speed?)? = entry.prior?.value { speed } else { nil as Megahertz? }
        let target = min(wanted, prior ?? wanted)
        if reading.value.matches(.speed(target)) {
            if entry.intent != nil { hold(reading) }
            return finish(.applied, "limited to \(current ?? target)", value: reading.value)
        }
        if let current, current < target, entry.intent != nil, !entry.recognises(reading.value) {
            return finish(.applied, "somebody else limits it to \(current)", value: reading.value)
        }
        remark = "limited to \(target)"
        return intend(.speed(target), by: .speed(target), reading)
    }

    private mutating func pursueMode(_ demands: [Demand], _ current: String, _ reading: Reading) -> Step {
        let wanted = demands.compactMap { if case .mode(let mode) = $0 { mode } else { nil } }.first
        guard let wanted, reading.modes.contains(wanted) else {
            return finishUnsupported(
                "the BMC does not offer the power mode \(wanted ?? "?") (it offers \(reading.modes.joined(separator: ", ")))"
            )
        }
        remark = "power mode \(wanted)"
        if current == wanted {
            if entry.intent != nil { hold(reading) }
            return finish(.applied, remark, value: reading.value)
        }
        return intend(.mode(wanted), by: .mode(wanted), reading)
    }

    private mutating func intend(_ value: ControlValue, by write: Write, _ reading: Reading) -> Step {
        if let refusal = reassertionRefusal(value, reading) { return refusal }
        beforeIntent = entry
        entry.intend(value)
        phase = .recording(write)
        return .record
    }

    /// The hint's second choice has its turn then, unless this one is held already.
    private mutating func finishUnsupported(_ message: String) -> Step {
        forgetUntouchedPrior()
        phase = .finished
        var outcome = Outcome(.failed, message)
        outcome.isUnsupported = true
        return .finish(outcome)
    }

    /// Counts how often a value that once held was changed by somebody else; past the limit it is contended.
    private mutating func reassertionRefusal(_ wanted: ControlValue, _ reading: Reading) -> Step? {
        guard let held = entry.held, held.matches(wanted) else { return nil }
        guard entry.reassertions < terms.reassertLimit else {
            return finish(
                .failed,
                "contended: somebody else set it to \(reading.value) again after \(entry.reassertions) corrections",
                value: reading.value)
        }
        entry.reassertions += 1
        return nil
    }

    private func remark(_ demands: [Demand], _ target: Watts, _ reading: Reading, prior: Watts?) -> String? {
        if entry.intent == nil, let prior, prior == target { return "already limited to \(prior)" }
        let asked = demands.compactMap { if case .cap(let watts) = $0 { watts } else { nil } }.min()
        guard let asked, target > asked else { return nil }
        if let floor = terms.floor, floor >= reading.range.minimum ?? .zero {
            return "raised to the inventory's floor of \(floor)"
        }
        return "raised to the control's minimum of \(reading.range.minimum ?? target)"
    }

    private mutating func pursueSuspension(_ state: PowerState, _ reading: Reading, now: Timestamp) -> Step {
        if state.isDown {
            if entry.intent == nil {
                return finish(.applied, "already \(state.rawValue.lowercased())", value: reading.value)
            }
            hold(reading)
            return finish(.applied, "suspended (\(state.rawValue))", value: reading.value)
        }
        guard state != .unknown else {
            forgetUntouchedPrior()
            return finish(.failed, "unknown: the BMC does not tell the power state")
        }
        if state == .poweringOff { return lookAgain(.reset("a shutdown under way"), reading, now: now) }
        if entry.intent != nil, entry.held == nil, looks < Self.looksBeforeAskingAgain {
            // Intended before a crash or a deadline: perhaps under way, perhaps never sent. A reset is not blindly
            // repeated, so the machine is watched first; only one that still runs is asked again.
            let delay = Duration.milliseconds(500 << looks)
            if now + delay < terms.deadline {
                looks += 1
                return wait(delay, then: .read)
            }
        }
        if let refusal = reassertionRefusal(.power(.off), reading) { return refusal }
        guard let method = terms.suspend.lazy.compactMap({ $0.spelling(among: reading.resetTypes) }).first else {
            forgetUntouchedPrior()
            let offered = reading.resetTypes.isEmpty ? "none" : reading.resetTypes.joined(separator: ", ")
            return finish(.failed, "the BMC allows none of the policy's ways to suspend (it allows \(offered))")
        }
        beforeIntent = entry
        entry.intend(.power(.off))
        phase = .recording(.reset(method))
        return .record
    }

    /// A control that was read but never written has no prior worth keeping.
    private mutating func forgetUntouchedPrior() {
        if entry.intent == nil { entry.prior = nil }
    }
}
