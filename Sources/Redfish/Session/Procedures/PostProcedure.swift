import Curl
import Shedding
import StrictJSON

/// Starts an action. Never repeated by any layer, since an action done twice is two.
struct PostProcedure: SessionProcedure {
    let uri: String
    let body: JSONValue
    let timeout: Duration?
    let context: RequestContext
    private var isAccepting = false

    init(_ uri: String, _ body: JSONValue, timeout: Duration?, context: RequestContext) {
        self.uri = uri
        self.body = body
        self.timeout = timeout
        self.context = context
    }

    mutating func next(
        _ event: SessionEvent, _ session: inout RedfishSession, _ moment: SessionMoment
    ) -> SessionNext {
        switch event {
        case .begun:
            var request = ExchangeProcedure(.post, uri, context: context)
            request.body = body
            request.isFresh = true
            request.timeout = timeout
            return .call(AuthorizedProcedure(request))
        case .returned(let result) where isAccepting: return .end(result)
        case .returned(.failure(let fault)): return .end(.failure(fault))
        case .returned(.success(.exchange(let exchange))):
            isAccepting = true
            return .call(AcceptProcedure(exchange.response, uri: uri, context: context))
        default: return .outOfTurn
        }
    }
}
