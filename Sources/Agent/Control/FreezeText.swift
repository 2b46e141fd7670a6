import PowerEvents
import Shedding

/// What is frozen, in words for people.
enum FreezeText {
    /// `FROZEN: rack-a07 by root since 2026-11-21T04:20:00.000Z until … (cooling works)`
    static func line(_ freeze: Freeze) -> String {
        var text = "FROZEN: \(freeze.scopeText)"
        if let user = freeze.user { text += " by \(user)" }
        if freeze.since.milliseconds > 0 { text += " since \(freeze.since)" }
        if let until = freeze.until { text += " until \(until)" }
        if let reason = freeze.reason { text += " (\(reason))" }
        return text
    }
}
