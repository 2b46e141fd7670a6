import Curl
import Shedding
import StrictJSON

/// One request as a logged-in user. A 401 is believed only after one fresh login.
///
/// | answered by 401 | what follows |
/// |---|---|
/// | right after a login | "unauthorized"; for a while, no login for this resource |
/// | a read, under an old session | a new login, the old session ended, the read once more |
/// | a write, under an old session | a new login; the effect is unknown, and has to be read before it is repeated |
/// | under Basic authentication, and again no session | "unauthorized": the same password would be refused |
struct AuthorizedProcedure: SessionProcedure {
    private enum Phase: Sendable {
        case checking
        case loggingIn
        case first(as: RedfishSession.State)
        case renewing(from: RedfishSession.State)
        case ending(old: RedfishSession.State, location: String)
        case second
        case givingBack(SessionResult)
    }

    private let request: ExchangeProcedure
    private var mayRenew = true
    private var tookTurn = false
    private var phase = Phase.checking

    init(_ request: ExchangeProcedure) { self.request = request }

    private var uri: String { request.uri }

    mutating func next(
        _ event: SessionEvent, _ session: inout RedfishSession, _ moment: SessionMoment
    ) -> SessionNext {
        switch (phase, event) {
        case (.checking, .begun):
            return session.hasToken ? begin(session) : .perform(.readCredentials)
        case (.checking, .credentials(.failure(let fault))): return .end(.failure(fault))
        case (.checking, .credentials(.success(let credentials))):
            // A password of which nothing is known yet is tried by one connection after another.
            return credentials.isProven || moment.holdsTurn ? begin(session) : .perform(.takeTurn)
        case (.checking, .turnTaken):
            tookTurn = true
            return begin(session)
        case (.loggingIn, .returned(.failure(let fault))): return finish(.failure(fault))
        case (.loggingIn, .returned(.success)): return ask(session)
        case (.first(let used), .returned(let result)): return didAsk(as: used, result, &session, moment)
        case (.renewing(let old), .returned(let result)): return didRenew(from: old, result, &session, moment)
        case (.ending(_, let location), .returned): return .perform(.noteClosed(location))
        case (.ending(let old, _), .done): return askAgain(after: old, &session, moment)
        case (.second, .returned(let result)): return didAskAgain(result, &session, moment)
        case (.givingBack(let result), .done): return .end(result)
        default: return .outOfTurn
        }
    }

    private mutating func begin(_ session: RedfishSession) -> SessionNext {
        mayRenew = session.state != .loggedOut
        guard !mayRenew else { return ask(session) }
        phase = .loggingIn
        return .call(LoginProcedure(context: request.context.continued))
    }

    private mutating func ask(_ session: RedfishSession) -> SessionNext {
        phase = .first(as: session.state)
        return .call(request)
    }

    private mutating func didAsk(
        as used: RedfishSession.State, _ result: SessionResult, _ session: inout RedfishSession, _ moment: SessionMoment
    ) -> SessionNext {
        guard Self.isRefused(result) else { return finish(result) }
        let isKnown = session.uselessRenewal?.covers(uri, now: moment.now) == true
        guard mayRenew, !isKnown else { return refuse(&session, moment) }
        // Another request has renewed the session meanwhile.
        if session.state != used, session.hasToken { return askAgain(after: nil, &session, moment) }
        // What Basic authentication was not good enough for may need a session, also one that nobody can end.
        if used == .basic, session.unendable == .avoided { session.unendable = .needed }
        session.state = .loggedOut
        phase = .renewing(from: used)
        return .call(LoginProcedure(context: request.context.continued))
    }

    private mutating func didRenew(
        from old: RedfishSession.State, _ result: SessionResult, _ session: inout RedfishSession,
        _ moment: SessionMoment
    ) -> SessionNext {
        if case .failure(let fault) = result {
            guard request.method != .get else { return finish(.failure(fault)) }
            // The write was sent, and what the BMC said to it is no proof that it was not obeyed.
            return finish(
                .failure(BMCFault(.unknownEffect, "the write to \(uri) was answered by 401; \(fault.message)")))
        }
        // It may not have been the session that was refused, and then it still is one of the few.
        guard case .token(_, let location?) = old, session.state != old else {
            return askAgain(after: old, &session, moment)
        }
        phase = .ending(old: old, location: location)
        return .call(ExchangeProcedure(.delete, location, context: request.context.continued))
    }

    /// - Parameter old: what was refused and renewed; nil where another request has renewed it
    private mutating func askAgain(
        after old: RedfishSession.State?, _ session: inout RedfishSession, _ moment: SessionMoment
    ) -> SessionNext {
        // The same name and password would be refused once more, and that counts.
        if old == .basic, session.state == .basic {
            return finish(
                .failure(BMCFault(.unauthorized, "the BMC refuses \(uri) with 401 to Basic authentication")))
        }
        guard request.method == .get else {
            noteUseless(&session, moment)
            return finish(
                .failure(
                    BMCFault(
                        .unknownEffect,
                        "the write to \(uri) was answered by 401; logged in anew, and to be read again")))
        }
        phase = .second
        return .call(request)
    }

    private mutating func didAskAgain(
        _ result: SessionResult, _ session: inout RedfishSession, _ moment: SessionMoment
    ) -> SessionNext {
        if Self.isRefused(result) { return refuse(&session, moment) }
        if case .success = result { session.uselessRenewal = nil }
        return finish(result)
    }

    private mutating func refuse(_ session: inout RedfishSession, _ moment: SessionMoment) -> SessionNext {
        noteUseless(&session, moment)
        return finish(
            .failure(
                BMCFault(
                    .unauthorized, "the BMC refuses \(uri) with 401 right after a login", mayBeOfResource: true)))
    }

    private func noteUseless(_ session: inout RedfishSession, _ moment: SessionMoment) {
        session.uselessRenewal = UselessRenewal(of: uri, after: session.uselessRenewal, now: moment.now)
    }

    private mutating func finish(_ result: SessionResult) -> SessionNext {
        guard tookTurn else { return .end(result) }
        phase = .givingBack(result)
        return .perform(.giveBackTurn)
    }

    private static func isRefused(_ result: SessionResult) -> Bool {
        if case .success(.exchange(let exchange)) = result { exchange.response.status == 401 } else { false }
    }
}
