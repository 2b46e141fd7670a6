import PowerEvents
import StrictJSON

/// Looking whether a write took: applied means read back, and nothing else counts.
extension Convergence {
    /// The waits between looks at a limit. BMCs show a new limit up to several seconds late.
    private static let limitLooks: [Duration] = [
        .milliseconds(250), .milliseconds(500), .seconds(1), .seconds(2), .seconds(4),
    ]

    mutating func confirm(_ write: Write, isCertain: Bool, _ reading: Reading, now: Timestamp) -> Step {
        switch write {
        case .limit(let target): return confirm(write, .limit(target), isCertain: isCertain, reading, now: now)
        case .speed(let target): return confirm(write, .speed(target), isCertain: isCertain, reading, now: now)
        case .mode(let target): return confirm(write, .mode(target), isCertain: isCertain, reading, now: now)
        case .restore(let fragment):
            if Self.isSame(reading.fragment, fragment) { return finishAsBefore(reading) }
            // Only what the BMC said that it did can be all that it does.
            if isCertain, isOffAsBefore(reading), looks >= Self.limitLooks.count - 1 {
                return finish(
                    .applied, "off as before, though spelled \(reading.fragment.text) instead of \(fragment.text)",
                    value: reading.value)
            }
            return lookAgainAtLimit(write, isCertain: isCertain, reading, now: now)
        case .reset: return confirmReset(write, reading, now: now)
        }
    }

    private mutating func confirm(
        _ write: Write, _ target: ControlValue, isCertain: Bool, _ reading: Reading, now: Timestamp
    ) -> Step {
        guard reading.value.matches(target) else {
            return lookAgainAtLimit(write, isCertain: isCertain, reading, now: now)
        }
        hold(reading)
        return finish(.applied, remark, value: reading.value)
    }

    /// What was demanded is in force.
    mutating func hold(_ reading: Reading) { entry.hold(reading.value) }

    private mutating func lookAgainAtLimit(
        _ write: Write, isCertain: Bool, _ reading: Reading, now: Timestamp
    ) -> Step {
        if looks < Self.limitLooks.count {
            let delay = Self.limitLooks[looks]
            if now + delay < terms.deadline {
                looks += 1
                return wait(delay, then: .read)
            }
        }
        if !isCertain, rewrites < terms.retries, now < terms.deadline {
            // It demonstrably did not take, and writing a set point twice does no harm.
            rewrites += 1
            phase = .writing(write)
            return .write(write)
        }
        guard isCertain else {
            return finish(
                .failed, "\(doubt ?? "the BMC never answered the write"), and it holds \(reading.value)",
                value: reading.value)
        }
        let objected = objection.map { " (it said: \($0))" } ?? ""
        return finish(
            .failed, "the BMC accepted the write\(objected), but holds \(reading.value)", value: reading.value)
    }

    private mutating func confirmReset(_ write: Write, _ reading: Reading, now: Timestamp) -> Step {
        guard case .power(let state) = reading.value else {
            return finish(.failed, "internal: a reset of what is no system")
        }
        if case .prior = goal {
            return state == .on ? finish(.applied, value: reading.value) : lookAgain(write, reading, now: now)
        }
        guard state.isDown else { return lookAgain(write, reading, now: now) }
        hold(reading)
        return finish(.applied, "suspended (\(state.rawValue))", value: reading.value)
    }

    /// Waits for a power state that takes its time, 2 to 10 s between looks.
    mutating func lookAgain(_ write: Write, _ reading: Reading, now: Timestamp) -> Step {
        phase = .confirming(write, isCertain: true)
        let delay = Duration.milliseconds(min(500 << min(looks, 5), 10_000))
        guard now + delay < terms.deadline else {
            let name = if case .reset(let name) = write { name } else { "the write" }
            return finish(
                .failed, "still \(reading.value) at the deadline after \(name)", value: reading.value)
        }
        looks += 1
        return wait(delay, then: .read)
    }
}
