/// How late what an agent has sent may still be obeyed, whatever became of that agent.
public struct FormerBounds: Sendable, Hashable {
    /// The longest that a BMC takes for one request that it has taken.
    public let request: Duration
    /// Where that is longer, by the dialect of the control (``ControlPlace/dialect``).
    public let requests: [String: Duration]
    /// After which nothing is obeyed any more, be it a task that a BMC has made of a request; never less than `request`.
    public let write: Duration

    public init(request: Duration, requests: [String: Duration] = [:], write: Duration) {
        self.request = min(request, write)
        self.requests = requests
        self.write = write
    }

    func request(to entry: ControlEntry) -> Duration {
        min(write, max(request, entry.place.flatMap { requests[$0.dialect] } ?? .zero))
    }
}
