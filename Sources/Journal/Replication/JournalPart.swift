/// What part a journal's file plays among the agents that share it.
enum JournalPart: Sendable {
    /// One agent, one file. Whether a file that was part of a log is marked as no part of it any more.
    case alone(isMarked: Bool)
    /// Takes what another agent appends to the log, and nothing else.
    case following
    /// Commits what the log has taken.
    case leading(any ChangeLog)
    /// Takes nothing any more.
    case over
}
