import Curl

/// What a ``SessionRun`` asks for. Whoever performs it decides nothing, and answers with the ``SessionEvent`` that is named.
enum SessionAction: Sendable {
    /// ``SessionEvent/answered(_:)``, ``SessionEvent/unanswered(_:)`` or ``SessionEvent/cancelled``.
    case send(SessionRequest)
    /// ``SessionEvent/waited(isCancelled:)``.
    case wait(Duration)
    /// Name and password, and what became of them before: ``SessionEvent/credentials(_:)``.
    case readCredentials
    /// One connection to a BMC after another tries its password: ``SessionEvent/turnTaken``.
    case takeTurn
    case giveBackTurn
    /// What became of a login: ``SessionEvent/done``, as for all that follow.
    case noteLogin(LoginNote)
    /// Sessions that an earlier process of this agent left open: ``SessionEvent/orphaned(_:)``.
    case adoptOrphanedSessions
    case noteOpened(String)
    case noteClosed(String)
    /// It is over; nothing more is expected.
    case finish(SessionResult)
}

/// A request as it goes out.
struct SessionRequest: Sendable {
    enum Manner: Sendable {
        /// Dropped at once where the caller gives up.
        case usual
        /// Goes on to its end although the caller gives up.
        case kept
        /// Does not begin where the caller has given up, and has ``RedfishOptions/grace`` where it has begun: one that is
        /// dropped may still be at work on the BMC when the next one comes, and some stand only one.
        case givingWay
    }

    let http: HTTPRequest
    let manner: Manner
}

/// What became of a password that was sent.
enum LoginNote: Sendable, Hashable {
    case worked(secret: Int)
    /// - isCertain: whether the refusal can only be of name, password or rights
    case refused(secret: Int, words: String, isCertain: Bool)
}
