/// Why a message is refused, as a code that counts and journals use.
public enum RefusalReason: String, Sendable, Hashable, CaseIterable {
    case notForUs = "wrong_topic"
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
    case breachResolved = "breach_resolved"
    case foreignBreach = "foreign_breach"
    case staleBreach = "stale_breach"
    case futureBreach = "future_breach"
    case tooManyHints = "too_many_hints"
    case tooManyBreaches = "too_many_breaches"
}

/// A message that is refused, with what can be said of it.
public struct Refusal: Error, Sendable, Hashable {
    public var reason: RefusalReason
    public var detail: String
    public var source: String?
    public var eventID: String?

    public init(_ reason: RefusalReason, _ detail: String, source: String? = nil, eventID: String? = nil) {
        self.reason = reason
        self.detail = detail
        self.source = source
        self.eventID = eventID
    }
}
