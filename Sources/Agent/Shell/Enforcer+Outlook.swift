import PowerEvents
import Settings
import Shedding

/// What happens next, and when: the answers to operators' commands.
extension Enforcer {
    /// Breaches that hold anything, or wait to be resumed.
    var heldBreaches: [UUIDText] { core.book.breaches.values.filter { !$0.isClosed }.map(\.id).sorted() }

    func outlook(after freeze: Freeze) -> String {
        let until = freeze.until.map { "\(clock($0)) or " } ?? ""
        let held = core.book.controls.values.filter { $0.entry.intent != nil }
        guard let scope = freeze.scope else {
            return "nothing is written to any BMC until \(until)`ima thaw`, also after a restart; "
                + "\(Self.count(held.count, "held control")) \(held.count == 1 ? "stays as it is" : "stay as they are")"
                + "; alerts are still taken in"
        }
        let count = held.count { core.book.isFrozen($0.entry.key) }
        let keep = count == 1 ? "1 control keeps what it holds" : "\(count) controls keep what they hold"
        return "\(scope) until \(until)`ima thaw`, also after a restart; \(keep), and nothing is written there; "
            + "alerts are still taken in"
    }

    /// - Parameter thawed: the controls that are not frozen any more
    func outlook(afterThawOf thawed: [ControlKey]) -> String {
        let left = core.book.freezes.all
        let rest = left.isEmpty ? "" : "; still frozen: \(left.map(\.scopeText).joined(separator: ", "))"
        if core.mode == .observe { return "mode is observe, so nothing is written\(rest)" }
        let waiting = thawed.count { key in
            core.book.demands(on: key).isEmpty || core.book.controls[key]?.outcome == nil
                || core.book.holds(on: key).contains { !$0.breach.isOpen }
        }
        let held = thawed.count - waiting
        var parts: [String] = []
        if waiting > 0 {
            parts.append("\(Self.count(waiting, "control")) \(waiting == 1 ? "waits" : "wait") to be written")
        }
        if held > 0 { parts.append("\(Self.count(held, "held control")) \(held == 1 ? "is" : "are") read now") }
        if parts.isEmpty { return "no control waits to be written\(rest)" }
        return parts.joined(separator: ", ")
            + ", the lowest priority number first; `ima status` shows the progress\(rest)"
    }

    func outlookAfterResume() -> String {
        let count = core.book.controls.values.count { $0.entry.intent != nil }
        let held = Self.count(count, "held control")
        if core.mode == .observe { return "\(held): nothing is written, mode is observe" }
        if core.book.freezes.isWhole { return "\(held): nothing is written until `ima thaw`, the agent is frozen" }
        let open = Self.count(core.book.openBreaches.count, "open breach", "open breaches")
        return "\(held) \(count == 1 ? "is" : "are") read now and brought to what \(open) demand; "
            + "`ima status` shows the progress"
    }

    func outlookAfterRelease(of id: UUIDText) -> String {
        guard let breach = core.book.breaches[id] else { return "nothing of it is held" }
        let left = breach.controls.filter { !breach.released.contains($0) }
        let frozen = left.count { core.book.isFrozen($0) }
        let count = left.count - frozen
        if breach.controls.isEmpty { return "it holds no control" }
        if case .closed = breach.phase { return "nothing of it is held any more" }
        if core.mode == .observe {
            return "\(Self.count(left.count, "control")) held until the mode is enforce: observe writes nothing"
        }
        let keep = frozen == 1 ? "keeps" : "keep"
        let waiting =
            frozen == 0 ? "" : "\(Self.count(frozen, "frozen control")) \(keep) what is held until thawed"
        let under = breach.released.count { breach.releaseOutcomes[$0] == nil }
        if count == 0 {
            if !waiting.isEmpty { return waiting }
            return "\(Self.count(under, "control")) \(under == 1 ? "goes" : "go") back now, what was shed last first"
        }
        return plan(of: breach, count) + (waiting.isEmpty ? "" : "; \(waiting)")
    }

    /// How the controls of a breach go back, and until about when.
    private func plan(of breach: Breach, _ count: Int) -> String {
        let policy = core.book.policy
        let what = "\(Self.count(count, "control")) \(count == 1 ? "goes" : "go") back"
        let start: Timestamp
        switch breach.phase {
        case .holdingDown(let until): start = until
        case .releasing(let next): start = max(next, now().steady)
        case .open, .closed: start = now().steady
        }
        let step = max(1, policy.step.of(breach.controls.count))
        let steps = (count + step - 1) / step
        let end = start + policy.every * steps
        let rate = policy.maxRate == nil ? "" : " or later, as max_rate allows"
        return "\(what) from \(clock(start)) on, \(policy.step) every \(Quantities.text(policy.every)); "
            + "done about \(clock(end))\(rate)"
    }

    private func clock(_ time: Timestamp) -> String { ClockText.text(time, now: now().steady) }

    private static func count(_ count: Int, _ word: String, _ several: String? = nil) -> String {
        count == 1 ? "1 \(word)" : "\(count) \(several ?? word + "s")"
    }
}
