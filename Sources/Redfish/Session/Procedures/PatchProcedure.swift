import Curl
import Shedding
import StrictJSON

/// Writes members of a resource, under the tags of the document that the decision was made from.
///
/// | the document | the `If-Match` candidates, one after another while they are answered by 412 or 428 |
/// |---|---|
/// | has no tag | none, then `*` |
/// | has tags, and a condition is required | its tags; then "overtaken": somebody wrote since it was read |
/// | has tags, and was just read again and is as it was | its tags, then `*`, then none |
struct PatchProcedure: SessionProcedure {
    /// Whether a write may go out although the BMC takes none of the resource's tags.
    enum Condition: Sendable {
        /// It may not: a refused tag is news of somebody else's write, until the resource was read again.
        case required
        /// It may: the resource was read again just now, and is as it was.
        case preferred
    }

    private let document: Document
    private let body: JSONValue
    private let condition: Condition
    private let timeout: Duration?
    private let context: RequestContext
    private var candidates: [String?]
    private var isAccepting = false

    /// - Parameters:
    ///   - timeout: for each request, where that is not the usual
    ///   - context: its deadline bounds all of it, with the task that the write may start
    init(
        _ document: Document, _ body: JSONValue, condition: Condition, timeout: Duration?, context: RequestContext
    ) {
        self.document = document
        self.body = body
        self.condition = condition
        self.timeout = timeout
        self.context = context
        candidates = document.etags
        if document.etags.isEmpty {
            candidates = [nil, "*"]
        } else if condition == .preferred {
            candidates += ["*", nil]
        }
    }

    mutating func next(
        _ event: SessionEvent, _ session: inout RedfishSession, _ moment: SessionMoment
    ) -> SessionNext {
        switch event {
        case .begun: return send()
        case .returned(let result) where isAccepting: return .end(result)
        case .returned(.failure(let fault)): return .end(.failure(fault))
        case .returned(.success(.exchange(let exchange))):
            let isUnmet = [412, 428].contains(exchange.response.status)
            if isUnmet, !candidates.isEmpty { return send() }
            if isUnmet, condition == .required, !document.etags.isEmpty {
                return .fail(
                    .overtaken,
                    "\(document.uri) was changed since it was read" + SessionFault.said(exchange.response))
            }
            isAccepting = true
            return .call(AcceptProcedure(exchange.response, uri: document.uri, context: context))
        default: return .outOfTurn
        }
    }

    private mutating func send() -> SessionNext {
        let tag = candidates.removeFirst()
        var request = ExchangeProcedure(.patch, document.uri, context: context)
        if let tag { request.headers = [("If-Match", tag)] }
        request.body = body
        request.timeout = timeout
        return .call(AuthorizedProcedure(request))
    }
}
