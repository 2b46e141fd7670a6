/// Why a well signed alert is not obeyed, given what is known of its breach.
public enum AlertObjection: String, Error, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// `resolved` is final (and the signature does not cover the envelope, so an old payload can come back).
    case breachIsResolved = "breach_resolved"
    /// A breach belongs to the source that opened it.
    case foreignBreach = "foreign_breach"
    /// `detected_at` of a breach that is not known lies further back than any hold may last.
    case staleBreach = "stale_breach"
    /// `detected_at` lies in the future.
    case futureBreach = "future_breach"
    case tooManyHints = "too_many_hints"
    case tooManyBreaches = "too_many_breaches"

    /// Whether the same alert will never be accepted, whatever happens meanwhile: all of this is signed or final.
    public var isFinal: Bool {
        switch self {
        case .breachIsResolved, .foreignBreach, .staleBreach: true
        case .futureBreach, .tooManyHints, .tooManyBreaches: false
        }
    }

    public var description: String {
        switch self {
        case .breachIsResolved: "this breach was resolved, which is final"
        case .foreignBreach: "this breach belongs to another source"
        case .staleBreach: "the breach was detected longer ago than max_hold"
        case .futureBreach: "the breach was detected in the future"
        case .tooManyHints:
            "it has more hints than limits.hints allows, or its source's breaches together four times as many"
        case .tooManyBreaches: "its source has as many breaches open as limits.open_breaches allows"
        }
    }
}
