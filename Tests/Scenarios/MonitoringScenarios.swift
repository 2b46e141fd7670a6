import FleetSimulator
import Foundation
import PowerEvents
import StrictJSON
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

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func file(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    @Test(.enabled(if: promtool != nil, "needs Debian's package prometheus, which deploy/test installs"))
    func promtoolAcceptsTheAlertRules() throws {
        let promtool = try #require(Self.promtool)
        let check = try ChildProcess.run(
            promtool, ["check", "rules", Self.root.appendingPathComponent("deploy/alerts.yml").path])
        #expect(check.status == 0, "\(check.output)\(check.errors)")
    }

    /// Each rule has a case in which it fires.
    @Test(.enabled(if: promtool != nil, "needs Debian's package prometheus, which deploy/test installs"))
    func everyAlertRuleFires() throws {
        let promtool = try #require(Self.promtool)
        let tests = "deploy/alerts_test.yml"
        let check = try ChildProcess.run(
            promtool, ["test", "rules", Self.root.appendingPathComponent(tests).path])
        #expect(check.status == 0, "\(check.output)\(check.errors)")
        let cases = try Self.file(tests)
        let rules = try Self.file("deploy/alerts.yml")
        let names = rules.matches(of: /- alert: (\w+)/).map { String($0.1) }
        #expect(names.count > 10 && Set(names).count == names.count)
        for name in names { #expect(cases.contains("- name: \(name) fires\n"), "\(name) has no case") }
    }

    @Test func everyAlertLeadsToTheDocumentation() throws {
        let rules = try Self.file("deploy/alerts.yml").components(separatedBy: "- alert: ").dropFirst()
        for rule in rules {
            let name = rule.prefix { !$0.isWhitespace }
            #expect(rule.contains(/severity: (critical|warning|info)/), "\(name)")
            #expect(rule.contains("job=\"ima\""), "\(name)")
            let link = try #require(rule.firstMatch(of: /runbook_url: "(.+)#(.+)"/), "\(name)")
            let anchors = try Self.file(String(link.1)).split(separator: "\n").filter { $0.hasPrefix("#") }.map {
                $0.drop { $0 == "#" || $0 == " " }.lowercased().filter { $0.isLetter || $0.isNumber || $0 == " " }
                    .replacing(" ", with: "-")
            }
            #expect(anchors.contains(String(link.2)), "\(name): \(link.2)")
        }
    }

    /// What the rules and the dashboard ask for is on the page of an agent that has worked.
    @Test(.timeLimit(.minutes(2)))
    func everyQueryOfRulesAndDashboardHasItsMetrics() async throws {
        let stage = try await Stage()
        try await stage.startAgent()
        let breach = try Stage.newBreach()
        try await stage.alert(.active, breach, [MainJobScenarios.hint("cpu-1", .node, watts: 900)])
        _ = try await stage.report(breach, .applied)
        // Gauges are set once a second.
        #expect(try await eventually { await stage.page("/metrics").body.contains("\nima_shed_watts{") })
        let page = await stage.page("/metrics").body
        let dashboard = try JSONValue(parsing: Array(Self.file("deploy/grafana-dashboard.json").utf8), limits: .widest)
        var queries = (dashboard["panels"]?.array ?? []).flatMap { $0["targets"]?.array ?? [] }
            .compactMap { $0["expr"]?.string }
        queries += (dashboard["annotations"]?["list"]?.array ?? []).compactMap { $0["expr"]?.string }
        queries += (dashboard["templating"]?["list"]?.array ?? []).compactMap { $0["definition"]?.string }
        #expect(queries.count > 30)
        queries += try Self.file("deploy/alerts.yml").matches(of: /expr: (.+)/).map { String($0.1) }
        for query in queries {
            for match in query.matches(of: /\b((?:ima|process)_\w+)(?:\{([^}]*)\})?/) {
                let name = String(match.1)
                // Of agents with a standby, which another scenario looks at.
                if name.hasPrefix("ima_standby_"), name != "ima_standby_role" { continue }
                let wanted = (match.2 ?? "").matches(of: /(\w+)="([^"$]+)"/).filter { $0.1 != "job" }
                    .map { "\($0.1)=\"\($0.2)\"" }
                let isThere = page.split(separator: "\n").contains { line in
                    line.hasPrefix("\(name) ") || line.hasPrefix("\(name){") && wanted.allSatisfy { line.contains($0) }
                }
                #expect(isThere, "\(name) \(wanted) of \(query)")
            }
        }
        for name in ["ima_build_info{version=", "ima_mode{mode=\"enforce\"} 1", "ima_frozen 0", "process_open_fds "] {
            #expect(page.contains(name), "\(name)")
        }
        // The rest is told by what happens.
        #expect(try stage.command("freeze").status == 0)
        #expect(
            try await eventually {
                let page = await stage.page("/metrics").body
                return page.contains("ima_frozen 1") && page.contains("ima_breaches_open 1")
                    && !page.contains("ima_breach_age_seconds 0\n")
            })
        await stage.tearDown()
    }

    /// Reports that wait for the broker are seen, also while there is none.
    @Test(.timeLimit(.minutes(2)))
    func whatWaitsInTheOutboxIsSeen() async throws {
        let stage = try await Stage()
        try await stage.startAgent()
        let breach = try Stage.newBreach()
        try await stage.alert(.active, breach, [MainJobScenarios.hint("cpu-1", .node, watts: 900)])
        _ = try await stage.report(breach, .applied)
        await stage.broker.stop()
        #expect(try await eventually { await stage.page("/metrics").body.contains("ima_broker_ready 0") })
        #expect(try stage.command("release", breach.text).status == 0)
        #expect(
            try await eventually(within: .seconds(30)) {
                let page = await stage.page("/metrics").body
                return !page.contains("ima_outbox_depth 0\n") && !page.contains("ima_outbox_oldest_age_seconds 0\n")
            })
        await stage.tearDown()
    }

    /// One object a line, with the facts as members.
    @Test(.timeLimit(.minutes(2)))
    func everyLineOfAJSONLogIsAnObject() async throws {
        let stage = try await Stage()
        try stage.folder.write(stage.folder.read("ima.yaml") + "\nlog: { format: json }\n", to: "ima.yaml")
        try await stage.startAgent()
        let breach = try Stage.newBreach()
        try await stage.alert(.active, breach, [MainJobScenarios.hint("cpu-1", .node, watts: 900)])
        _ = try await stage.report(breach, .applied)
        await stage.stopAgent()
        let lines = stage.log.split(separator: "\n")
        #expect(lines.count > 5)
        for line in lines {
            let json = try? JSONValue(parsing: Array(line.utf8))
            #expect(json?["time"]?.string.flatMap { Timestamp($0) } != nil, "\(line)")
            #expect(json?["level"]?.string?.isEmpty == false && json?["message"]?.string?.isEmpty == false, "\(line)")
        }
        #expect(
            lines.contains {
                $0.contains("\"message\":\"accepted an alert\"") && $0.contains("\"breach\":\"\(breach)\"")
            })
        await stage.tearDown()
    }
}
