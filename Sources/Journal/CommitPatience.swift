/// What becomes of a batch that the disk refuses.
public enum CommitPatience: Sendable, Hashable {
    /// It has failed. For an intent: a write that cannot be recorded now does not happen now.
    case once
    /// It stays first in line until it is durable. For what has happened already.
    case untilDone
}
