import Curl
import Shedding

/// Reads one resource.
struct GetProcedure: SessionProcedure {
    let uri: String
    let context: RequestContext

    mutating func next(
        _ event: SessionEvent, _ session: inout RedfishSession, _ moment: SessionMoment
    ) -> SessionNext {
        switch event {
        case .begun: return .call(AuthorizedProcedure(ExchangeProcedure(.get, uri, context: context)))
        case .returned(.success(.exchange(let exchange))):
            // In the name of what was asked for.
            guard exchange.response.status == 200 else {
                return .end(.failure(SessionFault.fault(ofRead: exchange.response, uri: uri)))
            }
            return .end(SessionFault.document(exchange).map { .document($0) })
        case .returned(.failure(let fault)): return .end(.failure(fault))
        default: return .outOfTurn
        }
    }
}
