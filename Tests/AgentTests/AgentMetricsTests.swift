import Foundation
import Prometheus
import Shedding
import Testing

@testable import Agent

/// Prometheus' conventions, as `promtool check metrics` judges them too.
struct AgentMetricsTests {
    @Test func everyMetricIsDeclaredOnceAndShown() {
        let metrics = AgentMetrics()
        #expect(metrics.all.count == Mirror(reflecting: metrics).children.count)
        #expect(Set(metrics.all.map(\.name)).count == metrics.all.count)
        let types = metrics.page.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }
        #expect(types.count == metrics.all.count)
    }

    @Test func namesSayKindAndUnit() {
        for metric in AgentMetrics().all {
            let name = metric.name
            #expect(
                name.hasPrefix("ima_") && name.allSatisfy { $0.isASCII && ($0.isLowercase || $0 == "_") }, "\(name)")
            if metric.kind != .untyped { #expect(name.hasSuffix("_total") == (metric.kind == .counter), "\(name)") }
            let base = name.hasSuffix("_total") ? name.dropLast("_total".count) : name[...]
            let unit = MetricUnit.allCases.first { base.hasSuffix("_\($0.rawValue)") }
            #expect(unit == metric.unit, "\(name)")
            #expect(metric.help.hasSuffix("."), "\(name)")
        }
    }

    /// An alert rule on these must not lack its series before the first time.
    @Test func whatIsCountedByReasonIsShownFromTheStart() {
        let page = AgentMetrics().page
        for reason in RefusalReason.allCases {
            #expect(page.contains("ima_alerts_refused_total{reason=\"\(reason.rawValue)\"} 0\n"))
        }
        for reason in FailureReason.Name.allCases {
            #expect(
                page.contains(
                    "ima_outcomes_total{code=\"failed\",action=\"reverted\",reason=\"\(reason.rawValue)\"} 0\n"))
        }
        #expect(page.contains("ima_outcomes_total{code=\"applied\",action=\"reverted\"} 0\n"))
        for reason in SkipReason.Name.allCases {
            #expect(page.contains("ima_hints_skipped_total{reason=\"\(reason.rawValue)\"} 0\n"))
        }
        #expect(page.contains("\nima_events_not_echoed_total 0\n"))
    }

    @Test func alertRulesAskForMetricsThatThereAre() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("deploy/alerts.yml")
        let asked = try String(contentsOf: file, encoding: .utf8).matches(of: /ima_[a-z_]+/).map { String($0.output) }
        #expect(asked.count > 5)
        let there = AgentMetrics().all + StandbyMetrics(site: "main", shard: "a").all
        #expect(Set(asked).subtracting(there.map(\.name)).isEmpty)
    }
}
