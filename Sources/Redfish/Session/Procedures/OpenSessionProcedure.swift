import Curl
import Shedding
import StrictJSON

/// Opens a session, and ends those that an earlier process of this agent left, if they still are that: a BMC that was
/// restarted may have given their numbers to others. Comes to whether there is a session now.
struct OpenSessionProcedure: SessionProcedure {
    private enum Phase: Sendable {
        case adopting
        case reading
        case posted(SessionCredentials)
        case worked(SessionAnswer)
        case refused(then: BMCFault?)
        case opened
        case discarding
        case lookingAt(String)
        case ending(String)
    }

    private let uri: String
    private let context: RequestContext
    private var orphans: [String] = []
    private var ended = 0
    private var isOpen = false
    private var isSecondTry = false
    private var phase = Phase.adopting

    init(at uri: String, context: RequestContext) {
        self.uri = uri
        self.context = context
    }

    mutating func next(
        _ event: SessionEvent, _ session: inout RedfishSession, _ moment: SessionMoment
    ) -> SessionNext {
        switch (phase, event) {
        case (.adopting, .begun): return .perform(.adoptOrphanedSessions)
        case (.adopting, .orphaned(let locations)):
            orphans = locations
            return open(&session)
        case (.reading, .credentials(.failure(let fault))): return .end(.failure(fault))
        case (.reading, .credentials(.success(let credentials))):
            phase = .posted(credentials)
            var login = ExchangeProcedure(.post, uri, context: context)
            login.body = credentials.loginBody
            login.authorization = .none
            // Cut off by a cancellation, the session would be there and nobody know of it; BMCs have few.
            login.isKept = true
            return .call(login)
        case (.posted, .returned(.failure(let fault))): return .end(.failure(fault))
        case (.posted(let credentials), .returned(.success(.exchange(let exchange)))):
            return didPost(credentials, exchange.response, &session)
        case (.worked(let answer), .done): return take(answer, &session)
        case (.refused(let fault?), .done): return .end(.failure(fault))
        case (.refused(nil), .done), (.opened, .done), (.discarding, .returned): return endNext(&session)
        case (.lookingAt(let location), .returned(let result)): return didLook(at: location, result, &session)
        case (.ending(let location), .returned): return .perform(.noteClosed(location))
        case (.ending, .done): return endNext(&session)
        default: return .outOfTurn
        }
    }

    private mutating func open(_ session: inout RedfishSession) -> SessionNext {
        // One that cannot be ended would be one more each time.
        guard session.unendable != .avoided else {
            session.state = .basic
            return endNext(&session)
        }
        phase = .reading
        return .perform(.readCredentials)
    }

    private mutating func didPost(
        _ credentials: SessionCredentials, _ response: HTTPResponse, _ session: inout RedfishSession
    ) -> SessionNext {
        let secret = credentials.secret
        guard !(200...299).contains(response.status) else {
            phase = .worked(SessionAnswer(response, collection: uri))
            return .perform(.noteLogin(.worked(secret: secret)))
        }
        session.state = .basic
        session.obstacle = "the BMC opens none" + SessionFault.said(response)
        let words = "the BMC refused the login of \(session.username)" + SessionFault.said(response)
        switch LoginRefusal(response) {
        case .credentials:
            session.state = .loggedOut
            phase = .refused(then: BMCFault(.unauthorized, words))
            return .perform(.noteLogin(.refused(secret: secret, words: words, isCertain: true)))
        case .unexplained:
            phase = .refused(then: nil)
            return .perform(.noteLogin(.refused(secret: secret, words: words, isCertain: false)))
        case .sessionLimit, .other: return endNext(&session)
        }
    }

    private mutating func take(_ answer: SessionAnswer, _ session: inout RedfishSession) -> SessionNext {
        switch (answer.token, answer.location) {
        case (let token?, let location?):
            session.state = .token(token, location: location)
            session.obstacle = nil
            isOpen = true
            phase = .opened
            return .perform(.noteOpened(location))
        case (let token?, nil) where session.unendable == .needed:
            session.state = .token(token, location: nil)
            isOpen = true
            return endNext(&session)
        case (_?, nil):
            session.state = .basic
            session.unendable = .avoided
            session.obstacle = "the BMC opens sessions without saying where to end them"
            return endNext(&session)
        case (nil, let location):
            session.state = .basic
            session.obstacle = "the BMC opens sessions without a token"
            guard let location else { return endNext(&session) }
            // Opened, and of no use.
            phase = .discarding
            return .call(ExchangeProcedure(.delete, location))
        }
    }

    /// Ends the next orphan; and opens once more where those may have been the sessions that were too many.
    private mutating func endNext(_ session: inout RedfishSession) -> SessionNext {
        while let location = orphans.popLast() {
            if location == session.location { continue }
            phase = .lookingAt(location)
            return .call(ExchangeProcedure(.get, location))
        }
        guard !isOpen, ended > 0, !isSecondTry else { return .end(.success(.opened(isOpen))) }
        isSecondTry = true
        return open(&session)
    }

    private mutating func didLook(
        at location: String, _ result: SessionResult, _ session: inout RedfishSession
    ) -> SessionNext {
        guard case .success(.exchange(let exchange)) = result else { return endNext(&session) }
        let json = try? JSONValue(parsing: exchange.response.body, limits: .redfish, dialect: .lenient)
        phase = .ending(location)
        guard exchange.response.status == 200, json?["UserName"]?.string == session.username else {
            return .perform(.noteClosed(location))
        }
        ended += 1
        return .call(ExchangeProcedure(.delete, location))
    }
}
