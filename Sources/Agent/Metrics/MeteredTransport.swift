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

    private struct Meters {
        let requests: Counter
        /// nil where there was no answer to time.
        let duration: Timer?
    }

    private let base: HTTPClientPool
    private let registry: PrometheusRegistry
    private let known = Mutex<[Key: Meters]>([:])

    init(base: HTTPClientPool, metrics: AgentMetrics) {
        self.base = base
        registry = metrics.registry
    }

    func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        do {
            let response = try await base.send(request)
            let meters = meters(Key(method: request.method, status: response.status))
            meters.requests.increment()
            meters.duration?.recordNanoseconds(Int64(response.elapsed / .nanoseconds(1)))
            return response
        } catch {
            meters(Key(method: request.method, status: 0)).requests.increment()
            throw error
        }
    }

    private func meters(_ key: Key) -> Meters {
        known.withLock { known in
            if let meters = known[key] { return meters }
            let method = ("method", key.method.rawValue)
            let meters = Meters(
                requests: Counter(
                    label: "ima_redfish_requests_total", dimensions: [method, ("status", "\(key.status)")],
                    factory: registry),
                // One series a method: the registry gives all statuses the same.
                duration: key.status == 0
                    ? nil
                    : Timer(
                        label: "ima_redfish_request_duration_seconds", dimensions: [method], factory: registry))
            known[key] = meters
            return meters
        }
    }
}
