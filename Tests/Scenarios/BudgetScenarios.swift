import FleetSimulator
import Foundation
import PowerEvents
import StrictJSON
import TestSupport
import Testing

/// Caps on machines without a limit of their own, from outside: the program, the broker, TLS, and what machines draw.
@Suite(.serialized)
struct BudgetScenarios {
    private static let inventory = """
        credentials: { bmc: { username: ima, password_file: bmc-password } }
        defaults: { bmc: { credentials: bmc, tls: { ca: bmc-ca.pem } } }
        chassis:
          - { id: rack-1, feeds: [main-a] }
        nodes:
          - id: tray-[1-2]
            bmc: https://127.78.1.[1-2]:PORT
            chassis: rack-1
            gpus: { id: "{node}-gpu[0-3]", processor: "GPU_[0-3]" }
          - { id: "cpu-[1-2]", bmc: "https://127.78.1.[11-12]:PORT", chassis: rack-1, floor: 300W }
        groups:
          - { id: main-a, members: [rack-1] }
        """

    private func stage(_ enforcement: String = "") async throws -> Stage {
        try await Stage(
            enforcement: ", settle_time: 3s, meter_every: 1s" + enforcement, redfish: ", patrol_every: 2s",
            inventory: Self.inventory,
            personalities: [
                "tray-1": .nvidiaGB300Tray, "tray-2": .nvidiaGB300Tray, "cpu-1": .dellIDRAC9, "cpu-2": .hpeILO,
            ])
    }

    private func watts(_ stage: Stage, _ id: String) -> Double { stage.fleet.watts(of: id) ?? 0 }

    @Test(.timeLimit(.minutes(2)))
    func aTrayWithoutALimitComesUnderItsCapAndBack() async throws {
        let stage = try await stage()
        try await stage.startAgent()
        #expect(try await eventually { watts(stage, "tray-1") > 2000 }, "it works: \(watts(stage, "tray-1")) W")
        let before = (0..<4).map { stage.fleet.knob(of: "tray-1-gpu\($0)") }
        let breach = try Stage.newBreach()
        try await stage.alert(.active, breach, [MainJobScenarios.hint("tray-1", .node, watts: 2600)])
        // Where it was never metered before, the first word is that nobody knows what the rest of it draws.
        let report = try #require(try await stage.report(breach, .applied) { $0.code == .success }.enforcement)
        #expect(report.results.count == 1)
        #expect(report.results.first?.code == .applied, "\(report.results)")
        #expect(report.results.first?.resourceID == "tray-1")
        #expect(
            try await eventually(within: .seconds(40)) { watts(stage, "tray-1") <= 2600 },
            "its own meter comes under the cap: \(watts(stage, "tray-1")) W")
        let status = try JSONValue(parsing: Array(stage.command("status", "--json").output.utf8))
        let power = status["breaches"]?.array?.first?["power"]
        #expect((power?["asked_watts"]?.number.flatMap { Double($0.text) } ?? 0) > 0, "\(status)")
        try await stage.alert(.resolved, breach)
        let reverted = try await stage.report(breach, .reverted)
        #expect(reverted.enforcement?.code == .success)
        #expect((0..<4).map { stage.fleet.knob(of: "tray-1-gpu\($0)") } == before)

        let csv = try stage.command("evidence", "--csv", breach.text)
        #expect(csv.status == 0, "\(csv.errors)")
        let kinds = Set(
            csv.output.split(separator: "\n").dropFirst().compactMap { $0.split(separator: ",").dropFirst().first })
        #expect(
            kinds.isSuperset(of: ["alert", "write", "read_back", "reading", "resolved", "release"]), "\(csv.output)")
        let jws = try stage.command("evidence", "--jws", breach.text)
        #expect(jws.output.split(separator: ".").count == 3, "\(jws.errors)")
        await stage.stopAgent()
        let offline = try stage.command("evidence", "--csv", "--journal", stage.folder.path("ima.sqlite"), breach.text)
        #expect(offline.output == csv.output || offline.output.hasPrefix(String(csv.output.prefix(200))))
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(2)))
    func aFeedIsAGroupThatAHintMayName() async throws {
        let stage = try await stage()
        try await stage.startAgent()
        #expect(try await eventually { watts(stage, "rack-1") > 4000 })
        let target = Int(watts(stage, "rack-1") * 0.85)
        let breach = try Stage.newBreach()
        try await stage.alert(.active, breach, [MainJobScenarios.hint("main-a", .chassis, watts: target)])
        // Where it was never metered before, the first word is that nobody knows what the rest of it draws.
        let report = try #require(try await stage.report(breach, .applied) { $0.code == .success }.enforcement)
        #expect(report.results.count == 1)
        #expect(report.results.first?.code == .applied, "\(report.results)")
        #expect(
            try await eventually(within: .seconds(40)) { watts(stage, "rack-1") <= Double(target) },
            "\(watts(stage, "rack-1")) W of \(target)")
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(2)))
    func aPlanAsksTheRunningAgentWhatMachinesDraw() async throws {
        let stage = try await stage()
        try await stage.startAgent()
        #expect(try await eventually { watts(stage, "tray-1") > 2000 })
        let hints = [
            MainJobScenarios.hint("rack-1", .chassis, watts: 5000),
            MainJobScenarios.hint("cpu-1", .node, .throttle, priority: 2),
        ]
        let alert = stage.payload(.active, try Stage.newBreach(), hints, .critical)
        try stage.folder.write(alert.json.text, to: "alert.json")
        let plan: @Sendable () -> JSONValue? = {
            (try? stage.command("plan", "--json", stage.folder.path("alert.json"))).flatMap {
                try? JSONValue(parsing: Array($0.output.utf8))
            }
        }
        #expect(
            try await eventually(within: .seconds(20)) {
                (plan()?["totals"]?["asked_watts"]?.number.flatMap { Double($0.text) } ?? 0) > 0
            })
        let known = try #require(plan())
        #expect(known["hints"]?.array?.count == 2, "one for each hint: \(known)")
        #expect((known["hints"]?.array?.first?["members"]?.array?.count ?? 0) >= 4)
        #expect(known["totals"]?["by_priority"]?.array?.count == 2)
        #expect(known["totals"]?["by_feed"]?.array?.first?["feed"] == "main-a")
        #expect(stage.fleet.bmcs.allSatisfy { $0.writes.isEmpty }, "it is a plan")
        await stage.stopAgent()
        let alone = try stage.command("plan", "--json", stage.folder.path("alert.json"))
        #expect(alone.status == 0, "\(alone.errors)")
        await stage.tearDown()
    }
}
