public import Curl

/// What a request to a BMC has to know of the work that it is part of. One for all requests of that work.
public struct RequestContext: Sendable {
    /// Among requests that wait, the lowest number goes first.
    public var priority: Int
    /// When the work has to be over, reads and writes alike; nil where it has no end.
    public var deadline: ContinuousClock.Instant?
    /// What is known of the requests after this one to the same BMC.
    public var followup: HTTPRequest.Followup

    public init(
        priority: Int = 0, deadline: ContinuousClock.Instant? = nil, followup: HTTPRequest.Followup = .expected
    ) {
        self.priority = priority
        self.deadline = deadline
        self.followup = followup
    }

    /// The same work, with something to come after the next request.
    var continued: RequestContext {
        RequestContext(priority: priority, deadline: deadline, followup: .expected)
    }

    /// How long a request may take that could take so long by itself; nil where the work is over.
    func limit(_ usual: Duration, now: ContinuousClock.Instant) -> Duration? {
        guard let deadline else { return usual }
        let left = deadline - now
        return left > .zero ? min(usual, left) : nil
    }
}
