import PowerEvents
import Settings
import Shedding

/// What happens next, and when: the answers to operators' commands.
extension Enforcer {
    /// Breaches that hold anything, or wait to be resumed.
    var heldBreaches: [UUIDText] { core.book.breaches.values.filter { !$0.isClosed }.map(\.id).sorted() }

    func outlookAfterFreeze() -> String {
        "nothing is written to any BMC until `ima thaw`, also after a restart; \(held) stay as they are; "
            + "alerts are still taken in"
    }

    func outlookAfterThaw() -> String {
        if core.mode == .observe { return "\(held) stay as they are: mode is observe, so nothing is written" }
        if core.book.isFrozen { return "\(held) stay as they are until `ima thaw`: the agent is frozen" }
        let open = core.book.openBreaches.count
        return "\(held) are read now and brought to what \(open) open \(open == 1 ? "breach" : "breaches") demand; "
            + "`ima status` shows the progress"
    }

    func outlookAfterRelease(of id: UUIDText) -> String {
        let policy = core.book.policy
        guard let breach = core.book.breaches[id] else { return "nothing of it is held" }
        let count = breach.controls.count
        let what = count == 1 ? "its control is" : "its \(count) controls are"
        if count == 0 { return "it holds no control" }
        if core.mode == .observe { return "\(what) held until the mode is enforce: observe writes nothing" }
        if core.book.isFrozen { return "\(what) held until `ima thaw`: the agent is frozen" }
        let ramp = "in steps of \(policy.step), one every \(Quantities.text(policy.every))"
        switch breach.phase {
        case .holdingDown(let until): return "\(what) put back from \(until) on, \(ramp)"
        case .open, .releasing: return "\(what) put back from now on, \(ramp)"
        case .closed: return "nothing of it is held any more"
        }
    }

    private var held: String {
        let count = core.book.controls.values.count { $0.entry.intent != nil }
        return count == 1 ? "1 held control" : "\(count) held controls"
    }
}
