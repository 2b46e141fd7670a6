import Foundation
import Prometheus
import StrictJSON
import Testing

@testable import Agent

/// What rules and dashboard ask for of agents with a standby, which those that are alone do not show.
struct StandbyMetricsTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../..").standardized

    @Test(arguments: ["deploy/grafana-dashboard.json", "deploy/alerts.yml"])
    func everyQueryHasItsMetric(_ file: String) throws {
        let text = try String(contentsOf: Self.root.appendingPathComponent(file), encoding: .utf8)
        let declared = Set(StandbyMetrics(site: "s", shard: "a").all.map(\.name) + AgentMetrics().all.map(\.name))
        let asked = Set(text.matches(of: /\bima_standby_\w+/).map { String($0.0) })
        #expect(asked.count > 5)
        #expect(asked.subtracting(declared) == [])
    }

    @Test func theDashboardShowsEachOfThem() throws {
        let text = try String(
            contentsOf: Self.root.appendingPathComponent("deploy/grafana-dashboard.json"), encoding: .utf8)
        let quiet = ["ima_standby_info", "ima_standby_log_entry"]
        for metric in StandbyMetrics(site: "s", shard: "a").all where !quiet.contains(metric.name) {
            #expect(text.contains(metric.name + "{"), "\(metric.name)")
        }
    }

    /// Panels lie in rows of 24, one after the other, and none over another.
    @Test func panelsDoNotOverlap() throws {
        let bytes = try Data(contentsOf: Self.root.appendingPathComponent("deploy/grafana-dashboard.json"))
        let panels = try JSONValue(parsing: Array(bytes), limits: .widest)["panels"]?.array ?? []
        let ids = panels.compactMap { $0["id"]?.number?.int }
        #expect(Set(ids).count == panels.count)
        var taken: Set<[Int]> = []
        for panel in panels {
            let place = try #require(panel["gridPos"])
            let parts = ["x", "y", "w", "h"].compactMap { place[$0]?.number?.int }
            try #require(parts.count == 4)
            #expect(parts[0] + parts[2] <= 24, "\(panel["title"]?.string ?? "")")
            for x in parts[0]..<parts[0] + parts[2] {
                for y in parts[1]..<parts[1] + parts[3] {
                    #expect(taken.insert([x, y]).inserted, "\(panel["title"]?.string ?? "")")
                }
            }
        }
    }
}
