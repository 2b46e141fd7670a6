import Curl
import Shedding

/// Takes a resource away that this agent created. One that is not there any more is as it should be.
struct DeleteProcedure: SessionProcedure {
    let uri: String
    let timeout: Duration?
    let context: RequestContext
    private var isAccepting = false

    init(_ uri: String, timeout: Duration?, context: RequestContext) {
        self.uri = uri
        self.timeout = timeout
        self.context = context
    }

    mutating func next(
        _ event: SessionEvent, _ session: inout RedfishSession, _ moment: SessionMoment
    ) -> SessionNext {
        switch event {
        case .begun:
            var request = ExchangeProcedure(.delete, uri, context: context)
            request.isFresh = true
            request.timeout = timeout
            return .call(AuthorizedProcedure(request))
        case .returned(let result) where isAccepting: return .end(result)
        case .returned(.failure(let fault)): return .end(.failure(fault))
        case .returned(.success(.exchange(let exchange))):
            if [404, 410].contains(exchange.response.status) { return .end(.success(.accepted(objection: nil))) }
            isAccepting = true
            return .call(AcceptProcedure(exchange.response, uri: uri, context: context))
        default: return .outOfTurn
        }
    }
}
