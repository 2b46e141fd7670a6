/// Ways in which a simulated BMC misbehaves. Switched on per BMC, while it runs.
public enum Fault: Sendable, Hashable {
    /// Takes requests and never answers.
    case hang
    /// Answers 200 to writes and ignores them.
    case ignoreWrites
    /// Obeys writes and answers 500.
    case applyThenFail
    /// Answers every request but the service root with this status.
    case status(Int)
    /// Answers the next this many writes with 503 and `Retry-After: 1`.
    case busyWrites(Int)
    /// Forgets all sessions before the next request.
    case forgetSessions
    /// Obeys a reset that shuts down only after this many seconds.
    case slowShutdown(seconds: Double)
    /// Has no session service; Basic authentication only.
    case noSessions
}
