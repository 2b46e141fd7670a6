import Shedding
import StrictJSON

/// A login: a session where the BMC gives one, Basic authentication where it does not.
///
/// One connection to a BMC after another, so that a password that is wrong now is not tried by each of them.
struct LoginProcedure: SessionProcedure {
    private enum Phase: Sendable {
        case beginning
        case opening(isKnown: Bool, uri: String)
        case readingRoot
        case givingBack(SessionResult)
    }

    let context: RequestContext
    private var tookTurn = false
    private var phase = Phase.beginning

    init(context: RequestContext) { self.context = context }

    mutating func next(
        _ event: SessionEvent, _ session: inout RedfishSession, _ moment: SessionMoment
    ) -> SessionNext {
        switch (phase, event) {
        case (.beginning, .begun): return moment.holdsTurn ? begin(session) : .perform(.takeTurn)
        case (.beginning, .turnTaken):
            tookTurn = true
            return begin(session)
        case (.beginning, .credentials(.failure(let fault))): return finish(.failure(fault))
        case (.beginning, .credentials(.success(let credentials))):
            if let refusal = credentials.refusal { return finish(.failure(refusal)) }
            // A root read moments ago, before the first login, is as good as a new one.
            if session.generation > 0 { session.root = nil }
            session.generation += 1
            guard let known = session.sessionsURI else { return readRoot() }
            return open(known, isKnown: true)
        case (.opening, .returned(.failure(let fault))): return finish(.failure(fault))
        case (.opening(let isKnown, let uri), .returned(.success(.opened(let isOpen)))):
            if isOpen { session.sessionsURI = uri }
            guard !isOpen, isKnown else { return finish(.success(.opened(isOpen))) }
            // It may stand elsewhere since an update.
            session.sessionsURI = nil
            return readRoot()
        case (.readingRoot, .returned(.success(.document(let root)))):
            let json = root.json
            guard
                let uri = Links.id(json["Links", "Sessions"])
                    ?? Links.id(json["SessionService"]).map({ $0 + "/Sessions" })
            else {
                session.state = .basic
                session.obstacle = "the service root names no sessions"
                return finish(.success(.opened(false)))
            }
            return open(uri, isKnown: false)
        case (.readingRoot, .returned(let result)): return finish(result)
        case (.givingBack(let result), .done): return .end(result)
        default: return .outOfTurn
        }
    }

    /// With the turn, since another request of this session may have logged in while this one waited for it.
    private mutating func begin(_ session: RedfishSession) -> SessionNext {
        session.hasToken ? finish(.success(.opened(true))) : .perform(.readCredentials)
    }

    private mutating func open(_ uri: String, isKnown: Bool) -> SessionNext {
        phase = .opening(isKnown: isKnown, uri: uri)
        return .call(OpenSessionProcedure(at: uri, context: context))
    }

    private mutating func readRoot() -> SessionNext {
        phase = .readingRoot
        return .call(ServiceRootProcedure(context: context))
    }

    private mutating func finish(_ result: SessionResult) -> SessionNext {
        guard tookTurn else { return .end(result) }
        phase = .givingBack(result)
        return .perform(.giveBackTurn)
    }
}
