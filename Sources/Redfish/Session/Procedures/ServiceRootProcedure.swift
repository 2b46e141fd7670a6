import Curl
import Shedding

/// The service root, read once a login.
struct ServiceRootProcedure: SessionProcedure {
    private enum Phase: Sendable {
        case reading
        case readingAsUser
        case givingBack(SessionResult)
    }

    private static let uri = "/redfish/v1/"

    private let context: RequestContext
    private var tookTurn = false
    private var phase = Phase.reading

    init(context: RequestContext) { self.context = context }

    mutating func next(
        _ event: SessionEvent, _ session: inout RedfishSession, _ moment: SessionMoment
    ) -> SessionNext {
        switch (phase, event) {
        case (.reading, .begun):
            if let root = session.root {
                return .end(.success(.document(Document(uri: Self.uri, json: root, etags: []))))
            }
            return read(.none)
        case (.reading, .returned(.success(.exchange(let exchange)))) where exchange.response.status == 401:
            // The root should be open to all (DSP0266, 13.3.2); where it is not, only Basic can come before a session.
            return moment.holdsTurn ? readAsUser() : .perform(.takeTurn)
        case (.reading, .turnTaken):
            tookTurn = true
            return readAsUser()
        case (.reading, .returned(let result)), (.readingAsUser, .returned(let result)):
            return take(result, &session)
        case (.givingBack(let result), .done): return .end(result)
        default: return .outOfTurn
        }
    }

    private func read(_ authorization: ExchangeProcedure.Authorization) -> SessionNext {
        var request = ExchangeProcedure(.get, Self.uri, context: context)
        request.authorization = authorization
        return .call(request)
    }

    private mutating func readAsUser() -> SessionNext {
        phase = .readingAsUser
        return read(.basic)
    }

    private mutating func take(_ result: SessionResult, _ session: inout RedfishSession) -> SessionNext {
        var end = result
        if case .success(.exchange(let exchange)) = result {
            end = SessionFault.document(exchange).map { .document($0) }
            if case .success(.document(let document)) = end { session.root = document.json }
        }
        guard tookTurn else { return .end(end) }
        phase = .givingBack(end)
        return .perform(.giveBackTurn)
    }
}
