import PowerEvents

/// `mode: observe`: what would be done is worked out and kept, and nothing else.
extension Core {
    /// The most breaches that are remembered as observed; more are forgotten, the oldest first.
    private static let mostObserved = 256

    mutating func observe(_ alert: BreachAlert, _ received: ReceivedAlert, _ step: inout Step) {
        let (now, id) = (step.now.steady, alert.breachID)
        if alert.status == .resolved {
            guard observations.removeValue(forKey: id) != nil else { return }
            book.changeLog.log(
                HistoryEntry(.alert, alert.status.rawValue, breach: id, message: "observed: nothing was held"))
            return
        }
        // A power agent says the same again and again, with another load each time.
        let fingerprint = Fingerprint.of(alert)
        if observations[id]?.fingerprint == fingerprint { return }
        finishUnfinished(&step)
        let rehearsal = book.rehearsal(of: alert, now: now)
        let plans = rehearsal.breaches[id]?.plans ?? []
        let power = rehearsal.power(of: id, now: now)
        let demands = plans.flatMap { plan in plan.demand.map { demand in plan.controls.map { ($0, demand) } } ?? [] }
        let suspends = demands.count { $0.1 == .suspended }
        let skips = plans.compactMap { plan in
            if case .skipped(let reason) = plan.verdict {
                (plan.resource, reason)
            } else {
                nil as (String, SkipReason)?
            }
        }
        let observation = Observation(
            breach: id, feed: alert.feedTag, severity: alert.severity, fingerprint: fingerprint, at: now,
            hints: alert.shedHints.count, caps: demands.count - suspends, suspends: suspends, skipped: skips.count,
            asked: power.asked, baseline: power.baseline)
        book.changeLog.log(
            HistoryEntry(
                .alert, alert.status.rawValue, breach: id,
                message: "observed: \(alert.summary), from \(received.source)"))
        for (key, demand) in demands {
            book.changeLog.log(
                HistoryEntry(
                    .plan, "would_apply", breach: id, control: key,
                    value: book.foreseenLimit(key, demand)?.description, prior: book.limitSeen(key)?.description,
                    message: demand.words))
        }
        for (resource, reason) in skips {
            book.changeLog.log(HistoryEntry(.plan, "would_skip", breach: id, message: "\(resource): \(reason)"))
        }
        book.changeLog.log(
            HistoryEntry(
                .plan, "would_do", breach: id, value: power.asked.description, message: observation.summary))
        observations[id] = observation
        if observations.count > Self.mostObserved,
            let oldest = observations.values.min(by: { ($0.at, $0.breach) < ($1.at, $1.breach) })
        {
            observations[oldest.breach] = nil
        }
        step.tell(.observed(observation))
    }
}

/// What tells hints apart from others, the same in every process.
private enum Fingerprint {
    static func of(_ alert: BreachAlert) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ text: String) {
            for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            hash = (hash ^ 0xFF) &* 0x100_0000_01B3
        }
        add(alert.severity.rawValue)
        for hint in alert.shedHints {
            add(hint.resourceID)
            add("\(hint.action.rawValue) \(hint.priority) \(hint.targetPower?.watts.microwatts ?? -1)")
        }
        return hash
    }
}

extension Demand {
    /// What it would have done, for people.
    var words: String {
        switch self {
        case .cap(let watts): "cap to \(watts)"
        case .capToShare(let share): "cap to \(share) of the maximum"
        case .capToMinimum: "cap to the minimum"
        case .suspended: "suspend"
        case .slowToShare(let share): "slow to \(share) of the maximum speed"
        case .mode(let mode): "power mode \(mode)"
        }
    }
}
