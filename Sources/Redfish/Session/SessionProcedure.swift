import Shedding

/// A piece of what is done with a session: one request, a login, a write with its task. It is told what happened and
/// answers with what to do next; it may call another procedure and is told what that came to.
protocol SessionProcedure: Sendable {
    mutating func next(
        _ event: SessionEvent, _ session: inout RedfishSession, _ moment: SessionMoment
    ) -> SessionNext
}

enum SessionNext {
    case perform(SessionAction)
    case call(any SessionProcedure)
    case end(SessionResult)

    static func fail(_ kind: BMCFault.Kind, _ message: String) -> SessionNext {
        .end(.failure(BMCFault(kind, message)))
    }

    /// The performer answered something else than what it was asked for.
    static let outOfTurn = fail(.invalidAnswer, "internal: an event out of turn")
}

/// When something happens.
struct SessionMoment: Sendable {
    let now: ContinuousClock.Instant
    /// Whether other connections wait with their passwords for what becomes of this one's.
    let holdsTurn: Bool
}
