import Curl
import Prometheus
import Redfish

/// Counts and times every request to a BMC.
final class MeteredTransport: HTTPTransport {
    private let base: HTTPClientPool
    private let metrics: AgentMetrics

    private let reach: BMCReach?

    init(base: HTTPClientPool, metrics: AgentMetrics, reach: BMCReach? = nil) {
        self.base = base
        self.metrics = metrics
        self.reach = reach
    }

    func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        do {
            let response = try await base.send(request)
            metrics.redfishRequests[.init(method: request.method, status: response.status)].increment()
            reach?.answered()
            metrics.redfishDuration[.init(method: request.method)].observe(response.elapsed)
            return response
        } catch {
            if let error = error as? CurlError { reach?.failed(error, request.url) }
            metrics.redfishRequests[.init(method: request.method, status: 0)].increment()
            throw error
        }
    }
}
