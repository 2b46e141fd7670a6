public import Shedding

/// A message that is not accepted, with what can be said of it.
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
