public import Shedding

/// How patient to be with a BMC.
public struct RedfishOptions: Sendable, Hashable {
    public var connectTimeout: Duration
    public var requestTimeout: Duration
    /// The longest wait for a task that a write started.
    public var taskTimeout: Duration
    /// Where somebody knows their BMCs: see ``longestWrite``.
    public var knownLongestWrite: Duration?
    /// How long after it went out a write may still be obeyed, whatever became of who sent it: the longest wait for an
    /// answer, since until that is given up a BMC may still come to it, and the longest task that one has begun.
    public var longestWrite: Duration {
        knownLongestWrite ?? max(requestTimeout, NVIDIAEnvironmentMetrics.deviceWait) + taskTimeout
    }
    /// The same, and how long a BMC takes for a single request: of this agent's own kind, an earlier process included.
    public var formerBounds: FormerBounds {
        let patient = ControlDialects.inOrder.compactMap { dialect in dialect.patience.map { (dialect.name, $0) } }
        return FormerBounds(
            request: requestTimeout, requests: Dictionary(patient, uniquingKeysWith: max), write: longestWrite)
    }
    /// What a request has left once something more urgent waits for its BMC.
    public var grace = Duration.seconds(2)
    /// The agent's id, by which what it creates on a BMC is known as its own.
    public var agent = "agent"
    /// Answers longer than this are refused.
    public var maximumBodySize: Int

    public init(
        connectTimeout: Duration = .seconds(5), requestTimeout: Duration = .seconds(20),
        taskTimeout: Duration = .seconds(60), maximumBodySize: Int = 4 << 20
    ) {
        self.connectTimeout = connectTimeout
        self.requestTimeout = requestTimeout
        self.taskTimeout = taskTimeout
        self.maximumBodySize = maximumBodySize
    }
}
