import Hummingbird
import Page
import Prometheus
import Shedding
import StrictJSON

/// What is served to monitoring systems, browsers and programs. Read-only: commands are for the control socket.
struct PublicRoutes: Sendable {
    let health: Health
    /// For probes, which ask again and again: without what takes long to work out.
    let snapshot: @Sendable () async -> StatusSnapshot
    /// What speaks against being ready beside what the status says.
    var trouble: (@Sendable () -> String?)?
    let board: StatusBoard
    let history: HistoryDesk
    let evidence: EvidenceDesk

    /// Each with what it is asked for by; those of `/api` are described by `openapi.json`.
    static let paths = [
        "/", "/find", "/resources/{id}", "/breaches/{id}", "/assets/{name}", "/metrics", "/healthz", "/readyz",
    ]

    func responder() -> RouterResponder<BasicRequestContext> {
        let router = Router(options: .autoGenerateHeadEndpoints)
        router.add(middleware: ReadOnly())
        router.get("/metrics") { _, _ in answer(health.page, PrometheusText.contentType) }
        router.get("/healthz") { _, _ in answer("ok\n") }
        router.get("/readyz") { _, _ in
            let status = await snapshot()
            let isReady =
                health.isReady && status.journalFailure == nil && status.confirmation == nil
                && trouble?() == nil
            return answer(
                health.json(status).text + "\n", "application/json", status: isReady ? .ok : .serviceUnavailable)
        }
        PageRoutes(board: board, evidence: evidence).add(to: router)
        APIRoutes(board: board, history: history, evidence: evidence).add(to: router)
        return router.buildResponder()
    }
}

/// Refuses whatever could be meant to change something, and says to browsers what the pages may do.
struct ReadOnly<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard request.method == .get || request.method == .head else {
            var refusal = answer(
                #"{"error":"read-only: GET or HEAD; commands are for the control socket, such as `ima freeze`"}"#
                    + "\n",
                "application/json", status: .methodNotAllowed)
            refusal.headers[.allow] = "GET, HEAD"
            return refusal
        }
        var response: Response
        do { response = try await next(request, context) } catch let error as HTTPError {
            let words: JSONValue = ["error": .string(error.body ?? "there is no \(request.uri.path)")]
            response = answer(words.text + "\n", "application/json", status: error.status)
        }
        response.headers[.contentSecurityPolicy] = PageAssets.contentSecurityPolicy
        response.headers[.xContentTypeOptions] = "nosniff"
        if let policy = HTTPFields.Element.Name("Referrer-Policy") { response.headers[policy] = "no-referrer" }
        return response
    }
}
