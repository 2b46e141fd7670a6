import PowerEvents

/// How far a hint has come that is met through what is inside: one result for all of it.
struct SpreadResult {
    /// One member's part, with how it ended; nil where it has not.
    struct Part {
        var member: String
        /// nil where it bears on none.
        var control: ControlKey?
        var outcome: Outcome
        /// What it may draw at most if its control holds what it was last seen to hold; nil where nothing tells.
        var most: Watts?
    }

    let hint: ShedHint
    let spread: Spread
    let parts: [Part]
    /// Whether a member could give more, though the target is not kept.
    var canGive = false

    /// - Parameter isRelease: whether it tells of what was put back
    func result(isRelease: Bool) -> EnforcementResult {
        let header = PlannedHint(hint: hint, verdict: .spread(spread))
        let failed = parts.filter { $0.outcome.code == .failed }
        let skipped = parts.filter { $0.outcome.code == .skipped }
        let done = parts.count - failed.count - skipped.count
        var words = ["\(done) of \(parts.count) members"]
        words += (failed + skipped).prefix(10).map { "\($0.member): \($0.outcome.message ?? $0.outcome.code.rawValue)" }
        if failed.count + skipped.count > 10 { words.append("and \(failed.count + skipped.count - 10) more") }
        guard let target = spread.target, !isRelease else {
            let isWhole = isRelease || skipped.allSatisfy { $0.outcome.isExemption }
            let code: EnforcementResult.Code =
                !failed.isEmpty || done > 0 && !isWhole ? .failed : done > 0 ? .applied : .skipped
            return header.result(code, words.joined(separator: "; "))
        }
        if !spread.rests.isEmpty {
            words.append("the rest of the machines draws \(spread.rests.values.reduce(.zero, +)), taken off first")
        }
        if !spread.unknown.isEmpty {
            words.append("nothing tells what these draw: \(spread.unknown.prefix(10).joined(separator: ", "))")
        }
        if let excess = spread.excess { words.append("the meter shows \(excess), which is above the target") }
        let enforced = enforced
        if done == 0, failed.isEmpty { return header.result(.skipped, words.joined(separator: "; ")) }
        let isKept = enforced.map { $0 <= target } ?? false
        let isHeld = isKept || failed.isEmpty && spread.unknown.isEmpty && !canGive
        var result = header.result(isHeld ? .applied : .failed, words.joined(separator: "; "))
        // Also where it is not kept: what the members that failed let through is counted at what they hold.
        if let enforced, enforced != target {
            result.appliedPower = PowerQuantity(watts: enforced, unit: hint.targetPower?.unit ?? .watt)
        }
        return result
    }

    /// What all of it may draw at most, with what is drawn and not capped; nil where that is not known.
    var enforced: Watts? {
        guard spread.unknown.isEmpty else { return nil }
        var seen: Set<ControlKey> = []
        return parts.reduce(spread.uncapped as Watts?) { sum, part in
            // A control that several of them share lets its watts through once.
            if let control = part.control, !seen.insert(control).inserted { return sum }
            return sum.flatMap { sum in part.most.map { sum + $0 } }
        }
    }
}
