public import StrictJSON

/// What the page is drawn from: one moment of the agent.
public struct PageInput: Sendable {
    /// As `ima status --json`, without the controls.
    public var status: JSONValue
    public var failures: [FailureRow]
    public var resources: [ResourceRow]
    /// The latest, oldest first, as `ima history --json`.
    public var history: [JSONValue]
    /// Over, the latest first, as the breaches of the status.
    public var past: [JSONValue]
    /// Of the moment: what changed is asked for since this.
    public var version: String

    public init(
        status: JSONValue, failures: [FailureRow] = [], resources: [ResourceRow] = [], history: [JSONValue] = [],
        past: [JSONValue] = [], version: String = ""
    ) {
        self.status = status
        self.failures = failures
        self.resources = resources
        self.history = history
        self.past = past
        self.version = version
    }

}
