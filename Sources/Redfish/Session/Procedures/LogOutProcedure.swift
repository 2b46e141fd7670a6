import Curl

/// Ends the session, if there is one; a BMC has few.
struct LogOutProcedure: SessionProcedure {
    private var location = ""

    mutating func next(
        _ event: SessionEvent, _ session: inout RedfishSession, _ moment: SessionMoment
    ) -> SessionNext {
        switch event {
        case .begun:
            guard let location = session.location else { return .end(.success(.nothing)) }
            self.location = location
            return .call(ExchangeProcedure(.delete, location, context: RequestContext(followup: .none)))
        case .returned(let result):
            session.state = .loggedOut
            // What could not be ended now is left for the next start.
            guard case .success(.exchange(let exchange)) = result, exchange.response.status < 500 else {
                return .end(.success(.nothing))
            }
            return .perform(.noteClosed(location))
        case .done: return .end(.success(.nothing))
        default: return .outOfTurn
        }
    }
}
