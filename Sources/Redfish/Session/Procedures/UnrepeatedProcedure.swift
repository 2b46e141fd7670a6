import Curl
import Shedding
import StrictJSON

/// Starts an action, or takes a resource away that this agent created. Never repeated by any layer, since an action done
/// twice is two.
struct UnrepeatedProcedure: SessionProcedure {
    private let method: HTTPRequest.Method
    let uri: String
    private let body: JSONValue?
    let timeout: Duration?
    let context: RequestContext
    private var isAccepting = false

    static func post(
        _ uri: String, _ body: JSONValue, timeout: Duration?, context: RequestContext
    ) -> UnrepeatedProcedure {
        UnrepeatedProcedure(method: .post, uri: uri, body: body, timeout: timeout, context: context)
    }

    static func delete(_ uri: String, timeout: Duration?, context: RequestContext) -> UnrepeatedProcedure {
        UnrepeatedProcedure(method: .delete, uri: uri, body: nil, timeout: timeout, context: context)
    }

    private init(
        method: HTTPRequest.Method, uri: String, body: JSONValue?, timeout: Duration?, context: RequestContext
    ) {
        self.method = method
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
            var request = ExchangeProcedure(method, uri, context: context)
            request.body = body
            request.isFresh = true
            request.timeout = timeout
            return .call(AuthorizedProcedure(request))
        case .returned(let result) where isAccepting: return .end(result)
        case .returned(.failure(let fault)): return .end(.failure(fault))
        case .returned(.success(.exchange(let exchange))):
            // What is not there any more is as it should be.
            if method == .delete, [404, 410].contains(exchange.response.status) {
                return .end(.success(.accepted(objection: nil)))
            }
            isAccepting = true
            return .call(AcceptProcedure(exchange.response, uri: uri, context: context))
        default: return .outOfTurn
        }
    }
}
