/// What the agent does about the alerts that it accepts (`mode:` of the configuration).
public enum Mode: String, Sendable, Hashable, CaseIterable {
    case enforce
    /// Nothing is written to any BMC and nothing is published: what would be done is logged.
    case observe
}
