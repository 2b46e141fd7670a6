import CoreMetrics
import Curl
import Redfish
import Synchronization

/// Counts and times every request to a BMC.
///
/// The metrics of each method and status are looked up once: their names took longer to spell than some requests to
/// make.
final class MeteredTransport: HTTPTransport {
    private struct Key: Hashable {
        let method: HTTPRequest.Method
        /// 0 is no answer.
        let status: Int
    }

    private let base: HTTPClientPool
    private let registry: PrometheusRegistry
    private let counters = Mutex<[Key: Counter]>([:])
    private let timers = Mutex<[HTTPRequest.Method: Timer]>([:])

    init(base: HTTPClientPool, metrics: AgentMetrics) {
        self.base = base
        registry = metrics.registry
    }

    func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        do {
            let response = try await base.send(request)
            counter(Key(method: request.method, status: response.status)).increment()
            timer(request.method).recordNanoseconds(Int64(response.elapsed / .nanoseconds(1)))
            return response
        } catch {
            counter(Key(method: request.method, status: 0)).increment()
            throw error
        }
    }

    private func counter(_ key: Key) -> Counter {
        counters.withLock { counters in
            if let known = counters[key] { return known }
            let counter = Counter(
                label: "ima_redfish_requests_total",
                dimensions: [("method", key.method.rawValue), ("status", "\(key.status)")], factory: registry)
            counters[key] = counter
            return counter
        }
    }

    private func timer(_ method: HTTPRequest.Method) -> Timer {
        timers.withLock { timers in
            if let known = timers[method] { return known }
            let timer = Timer(
                label: "ima_redfish_request_duration_seconds", dimensions: [("method", method.rawValue)],
                factory: registry)
            timers[method] = timer
            return timer
        }
    }
}
