import CoreMetrics
import Testing

@testable import Agent

struct PartsTests {
    @Test func metricsRenderAsPrometheusText() {
        let registry = PrometheusRegistry(help: ["a_total": "Things."])
        Counter(label: "a_total", dimensions: [("k", "v\"\\\n")], factory: registry).increment(by: 2)
        Gauge(label: "b", dimensions: [], factory: registry).record(1.5)
        Timer(label: "c_seconds", dimensions: [], factory: registry).recordNanoseconds(30_000_000)
        let page = registry.render()
        #expect(page.hasPrefix("# HELP a_total Things.\n# TYPE a_total counter\na_total{k=\"v\\\"\\\\\\n\"} 2\n"))
        #expect(page.contains("# TYPE b gauge\nb 1.5\n"))
        #expect(page.contains("c_seconds_bucket{le=\"0.025\"} 0\nc_seconds_bucket{le=\"0.05\"} 1\n"))
        #expect(page.contains("c_seconds_bucket{le=\"+Inf\"} 1\nc_seconds_sum 0.03\nc_seconds_count 1\n"))
    }
}
