import FleetSimulator
import Foundation
import PowerEvents
import TestSupport
import Testing

/// What monitoring systems get, judged by their own tools.
@Suite(.serialized)
struct MonitoringScenarios {
    /// Prometheus' own checker, of Debian's package `prometheus`.
    private static let promtool = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
        .map { "\($0)/promtool" }.first { FileManager.default.isExecutableFile(atPath: $0) }

    @Test(
        .enabled(if: promtool != nil, "needs Debian's package prometheus, which deploy/test installs"),
        .timeLimit(.minutes(2)))
    func promtoolAcceptsTheMetrics() async throws {
        let promtool = try #require(Self.promtool)
        let stage = try await Stage()
        try await stage.startAgent()
        let breach = try Stage.newBreach()
        try await stage.alert(.active, breach, [MainJobScenarios.hint("cpu-1", .node, watts: 900)])
        #expect(try await stage.report(breach, .applied).enforcement?.code == .success)
        let page = await stage.page("/metrics").body
        #expect(page.contains("ima_redfish_request_duration_seconds_bucket"), "what appears in use is judged too")
        let check = try ChildProcess.run(promtool, ["check", "metrics"], input: page)
        #expect(check.status == 0 && check.output.isEmpty && check.errors.isEmpty, "\(check.output)\(check.errors)")
        await stage.tearDown()
    }

    @Test(.enabled(if: promtool != nil, "needs Debian's package prometheus, which deploy/test installs"))
    func promtoolAcceptsTheAlertRules() throws {
        let promtool = try #require(Self.promtool)
        let rules = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("deploy/alerts.yml")
        let check = try ChildProcess.run(promtool, ["check", "rules", rules.path])
        #expect(check.status == 0, "\(check.output)\(check.errors)")
    }
}
