import Logging
import PowerEvents
import Prometheus
import Shedding
import Site
import Testing

@testable import Agent

/// Series of feeds: as many as the inventory names, and one for all that alerts name beside.
struct FeedMetricsTests {
    private func core(_ feeds: [String]) throws -> Core {
        let now = Timestamp(milliseconds: 1_000_000)
        let breaches = feeds.enumerated().map { index, feed in
            Breach(
                id: UUIDText(randomBytes: [UInt8](repeating: UInt8(index), count: 16)),
                origin: .init(source: "s", trace: nil, correlationID: nil), feed: feed, isCritical: false,
                openedAt: now, holdDown: .zero)
        }
        return Core(
            site: try BoardTests.site(), policy: Policy(), mode: .enforce,
            contents: Core.Contents(breaches: breaches, controls: [], inbox: [], freezes: [], lastRecordAt: nil),
            bounds: Bounds(slots: 8, visits: 2))
    }

    @Test func feedsThatOnlyAlertsNameAreOneSeriesThatEndsAtZero() throws {
        let metrics = AgentMetrics()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let now = Timestamp(milliseconds: 1_000_000)
        let log = FactLog(
            metrics: metrics, logger: logger,
            readiness: ReadinessBoard(try BoardTests.site(), round: nil, logger: logger, now: { now }),
            parked: ParkedBreaches(mode: .enforce))
        log.measurePower(try core((0..<50).map { "feed-\($0)" }), at: now)
        #expect(!metrics.page.contains("feed-"))
        #expect(metrics.page.contains(#"ima_shed_watts{kind="asked",feed="other"}"#), "\(metrics.page)")
        metrics.shedWatts[.init(kind: .asked, feed: "other")].set(5000)
        metrics.shedWatts[.init(kind: .asked, feed: "left the inventory")].set(5000)
        metrics.shedCoverage[.init(feed: "left the inventory")].set(1)
        log.measurePower(try core([]), at: now)
        #expect(!metrics.page.contains(#"} 5000"#), "\(metrics.page)")
    }
}
