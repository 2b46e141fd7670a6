/// How a line of the log is written (`log: { format: … }`).
public enum LogFormat: String, Sendable, Hashable, CaseIterable {
    /// The message, then its metadata as `key=value`.
    case text
    /// One JSON object a line.
    case json
}
