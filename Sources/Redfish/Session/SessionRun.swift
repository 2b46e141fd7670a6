import Shedding

/// One piece of work from its beginning to its end: the stack of procedures that it is made of.
///
/// Several may be under way on one session. Each acts on what the session is at that moment.
struct SessionRun: Sendable {
    private var stack: [any SessionProcedure]
    private var holdsTurn = false
    private var hasAsked = false
    /// Whether it is refused while the BMC is left in peace, and its end says how the BMC does.
    private let isGuarded: Bool

    init(_ procedure: some SessionProcedure, isGuarded: Bool = true) {
        stack = [procedure]
        self.isGuarded = isGuarded
    }

    mutating func next(
        _ event: SessionEvent, _ session: inout RedfishSession, now: ContinuousClock.Instant
    ) -> SessionAction {
        if case .begun = event, isGuarded, let refusal = session.circuit.refusal(now) {
            stack = []
            return .finish(.failure(refusal))
        }
        if case .turnTaken = event { holdsTurn = true }
        var event = event
        while var top = stack.popLast() {
            switch top.next(event, &session, SessionMoment(now: now, holdsTurn: holdsTurn)) {
            case .perform(let action):
                stack.append(top)
                if case .giveBackTurn = action { holdsTurn = false }
                if case .send = action { hasAsked = true }
                return action
            case .call(let procedure):
                stack += [top, procedure]
                event = .begun
            case .end(let result): event = .returned(result)
            }
        }
        guard case .returned(let result) = event else {
            return .finish(.failure(BMCFault(.invalidAnswer, "internal: an event after the end")))
        }
        if isGuarded {
            switch result {
            // What was known already says nothing of how the BMC does now.
            case .success: if hasAsked { session.circuit.answered() }
            case .failure(let fault): session.circuit.note(fault, now: now)
            }
        }
        return .finish(result)
    }
}
