import Curl
import Prometheus
import Redfish

/// Counts and times every request to a BMC.
final class MeteredTransport: HTTPTransport {
    private let base: HTTPClientPool
    private let metrics: AgentMetrics

    init(base: HTTPClientPool, metrics: AgentMetrics) {
        self.base = base
        self.metrics = metrics
    }

    func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        do {
            let response = try await base.send(request)
            metrics.redfishRequests[.init(method: request.method, status: response.status)].increment()
            metrics.redfishDuration[.init(method: request.method)].observe(response.elapsed)
            return response
        } catch {
            metrics.redfishRequests[.init(method: request.method, status: 0)].increment()
            throw error
        }
    }
}
