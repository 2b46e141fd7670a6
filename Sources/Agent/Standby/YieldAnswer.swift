/// What comes of asking a leader for a planned hand-over.
enum YieldAnswer: Sendable {
    /// It does, with what happens next.
    case yields(String)
    case refused(String)
}
