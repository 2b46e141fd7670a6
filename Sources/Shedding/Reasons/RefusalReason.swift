/// Why a message is not accepted, as a code that counts and journals use: by the gate, which sees a message alone, or
/// given what is known of its breach.
public enum RefusalReason: String, Error, Sendable, Hashable, CaseIterable {
    case wrongTopic = "wrong_topic"
    case tooLarge = "too_large"
    /// No envelope of the contract.
    case badEnvelope = "bad_envelope"
    case wrongType = "wrong_type"
    /// Topic, source and key do not agree.
    case sourceMismatch = "source_mismatch"
    case untrustedSource = "untrusted_source"
    case unsigned
    case badSignature = "bad_signature"
    /// A signed payload that is no alert.
    case badPayload = "bad_payload"
    /// The envelope's time lies too far back.
    case stale
    /// The envelope's time lies ahead of ours.
    case future
    /// `resolved` is final (and the signature does not cover the envelope, so an old payload can come back).
    case breachResolved = "breach_resolved"
    /// A breach belongs to the source that opened it.
    case foreignBreach = "foreign_breach"
    /// `detected_at` of a breach that is not known lies further back than any hold may last.
    case staleBreach = "stale_breach"
    /// `detected_at` lies in the future.
    case futureBreach = "future_breach"
    case tooManyHints = "too_many_hints"
    case tooManyBreaches = "too_many_breaches"

    /// Whether the signature was verified before, so that the message is proven to be its source's.
    public var isOfVerifiedSource: Bool {
        switch self {
        case .wrongTopic, .tooLarge, .badEnvelope, .wrongType, .sourceMismatch, .untrustedSource, .unsigned,
            .badSignature:
            false
        case .badPayload, .stale, .future, .breachResolved, .foreignBreach, .staleBreach, .futureBreach, .tooManyHints,
            .tooManyBreaches:
            true
        }
    }

    /// Whether the same signed payload will never be accepted, whatever happens meanwhile and in whatever envelope it
    /// comes: what decides it is signed, or final.
    public var isFinal: Bool {
        switch self {
        case .breachResolved, .foreignBreach, .staleBreach: true
        case .wrongTopic, .tooLarge, .badEnvelope, .wrongType, .sourceMismatch, .untrustedSource, .unsigned,
            .badSignature, .badPayload, .stale, .future, .futureBreach, .tooManyHints, .tooManyBreaches:
            false
        }
    }
}

extension RefusalReason: CustomStringConvertible {
    /// In words for people, where there is nothing more to be said of the message itself.
    public var description: String {
        switch self {
        case .wrongTopic: "it came on a topic of no alerts"
        case .tooLarge: "it is larger than limits.message allows"
        case .badEnvelope: "it has no envelope of the contract"
        case .wrongType: "its type is not that of an alert"
        case .sourceMismatch: "its topic, its source and its key do not agree"
        case .untrustedSource: "its source is not trusted"
        case .unsigned: "it is not signed"
        case .badSignature: "its signature is not that of a trusted key of its source"
        case .badPayload: "what is signed is no alert"
        case .stale: "its time lies further back than max_age"
        case .future: "its time lies in the future"
        case .breachResolved: "this breach was resolved, which is final"
        case .foreignBreach: "this breach belongs to another source"
        case .staleBreach: "the breach was detected longer ago than max_hold"
        case .futureBreach: "the breach was detected in the future"
        case .tooManyHints:
            "it has more hints than limits.hints allows, or its source's breaches together four times as many"
        case .tooManyBreaches: "its source has as many breaches open as limits.open_breaches allows"
        }
    }
}
