import Hummingbird
import Prometheus
import StrictJSON

/// The read-only pages for monitoring: `/metrics`, `/healthz`, `/readyz` and a status page.
enum PublicRoutes {
    static func responder(
        health: Health, snapshot: @escaping @Sendable () async -> StatusSnapshot
    ) -> RouterResponder<BasicRequestContext> {
        let router = Router()
        router.get("/metrics") { _, _ in answer(health.page, PrometheusText.contentType) }
        router.get("/healthz") { _, _ in answer("ok\n") }
        router.get("/readyz") { _, _ in
            let status = await snapshot()
            let isReady = health.isReady && status.journalFailure == nil && status.confirmation == nil
            return answer(
                health.json(status).text + "\n", "application/json", status: isReady ? .ok : .serviceUnavailable)
        }
        router.get("/") { _, _ in answer(StatusPage.html(await snapshot()), "text/html; charset=utf-8") }
        return router.buildResponder()
    }
}
