import FleetSimulator
import Foundation
import PowerEvents
import StrictJSON
import TestSupport
import Testing

/// BMCs that fail, as the patrol sees them and as an operator reads of them.
@Suite(.serialized)
struct HealthScenarios {
    private func status(_ stage: Stage) throws -> JSONValue {
        try JSONValue(parsing: Array(stage.command("status", "--json").output.utf8))
    }

    private func metrics(_ stage: Stage, contain line: String) async throws -> Bool {
        try await eventually(within: .seconds(30)) { await stage.page("/metrics").body.contains("\n\(line)\n") }
    }

    @Test(.timeLimit(.minutes(3)))
    func aBMCThatFailsTakesAllItsResourcesWithItAndComesBack() async throws {
        let stage = try await Stage(redfish: ", patrol_every: 2s")
        try await stage.startAgent()
        #expect(try await metrics(stage, contain: "ima_resources_enforceable 20"))
        #expect(try await metrics(stage, contain: "ima_bmcs{state=\"healthy\"} 12"))
        #expect(try stage.command("status").status == 0)
        // A node and its four GPUs are behind one of these.
        for name in ["gpu-1", "cpu-1", "cpu-2"] { stage.fleet.bmc(of: name)?.faults = [Fault(.refuse)] }
        stage.fleet.bmc(of: "cpu-3")?.faults = [.status(401)]
        #expect(try await metrics(stage, contain: "ima_bmcs{state=\"failing\"} 4"))
        #expect(try await metrics(stage, contain: "ima_resources_enforceable 12"))
        let json = try status(stage)
        #expect(json["readiness"]?["enforceable"] == 12 && json["readiness"]?["total"] == 20)
        #expect(json["bmcs"]?["failing"] == 4 && json["bmcs"]?["healthy"] == 8, "\(json["bmcs"]?.text ?? "")")
        let failures = json["bmcs"]?["failures"]?.array ?? []
        let unreachable = failures.first { $0["cause"] == "unreachable" }
        #expect(unreachable?["count"] == 3 && unreachable?["bmcs"]?.array?.count == 3, "\(failures)")
        #expect(unreachable?["resources"]?.array?.count == 7)
        #expect(unreachable?["next"]?.string?.contains("every 2s") == true)
        #expect(unreachable?["since"]?.string.flatMap { Timestamp($0) } != nil)
        #expect(failures.contains { $0["cause"] == "unauthorized" && $0["count"] == 1 })
        let text = try stage.command("status")
        #expect(text.status == 1 && text.output.contains("3 BMCs fail"), "\(text.output)")
        #expect(text.output.contains("127.78.1.") && text.output.contains("8 resources not enforceable"))
        #expect(await stage.page("/readyz").body.contains("\"failing\":4"))
        #expect(try await eventually { stage.log.contains("BMCs fail: none of their resources is enforceable") })
        try await Task.sleep(for: .seconds(6))
        let lines = stage.log.split(separator: "\n").filter { $0.contains("BMCs fail") }
        #expect((2...4).contains(lines.count), "a line or two for each cause, none for each BMC: \(lines)")
        #expect(stage.log.split(separator: "\n").count { $0.contains("not enforceable now") } <= 1)
        // One that answers again is not relied on at once.
        for name in ["gpu-1", "cpu-1", "cpu-2", "cpu-3"] { stage.fleet.bmc(of: name)?.faults = [] }
        #expect(try await eventually { try (status(stage)["bmcs"]?["recovering"]?.number?.int ?? 0) > 0 })
        #expect(try await metrics(stage, contain: "ima_resources_enforceable 20"))
        #expect(try await metrics(stage, contain: "ima_bmcs{state=\"healthy\"} 12"))
        #expect(try await eventually { stage.log.contains("BMCs are well again") })
        #expect(try stage.command("status").status == 0)
        #expect(stage.fleet.bmcs.allSatisfy { $0.writes.isEmpty })
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(2)))
    func statusTellsOfABreachInWhichBMCsFail() async throws {
        let stage = try await Stage(redfish: ", patrol_every: 0s", requestTimeout: "1s")
        try await stage.startAgent()
        for number in 1...3 { stage.fleet.bmc(of: "cpu-\(number)")?.faults = [Fault(.refuse)] }
        let breach = try Stage.newBreach()
        let hints = (1...8).map { MainJobScenarios.hint("cpu-\($0)", .node, priority: $0 % 2 + 1, watts: 900) }
        try await stage.alert(.active, breach, hints)
        #expect(try await stage.report(breach, .applied).enforcement?.code == .partial)
        let status = try stage.command("status")
        #expect(status.status == 1)
        let lines = status.output.split(separator: "\n").map(String.init)
        #expect(lines.count <= 40 && lines.allSatisfy { $0.count <= 160 })
        #expect(
            lines.contains { $0.hasPrefix("breach \(breach.text.prefix(8)) critical on main-a: open") },
            "\(status.output)")
        #expect(lines.contains("  5 applied, 3 failed"))
        #expect(lines.contains { $0.hasPrefix("  priority 1: ") } && lines.contains { $0.hasPrefix("  priority 2: ") })
        #expect(lines.contains { $0.hasPrefix("failed: 3 controls on 127.78.1.") && $0.contains("cpu-") })
        #expect(lines.contains { $0.hasPrefix("holds 900 W: ") })
        let json = try self.status(stage)
        #expect(json["standby"]?["role"] == "leader" && json["standby"]?["leader"] == "ima-test")
        #expect(json["mode"] == "enforce" && json["frozen"]?.isNull == true && json["broker"] == "subscribed")
        #expect(json["journal"] == "open" && json["generation"] == 1)
        #expect(json["breaches"]?.array?.first?["counts"]?["failed"] == 3)
        // Three that fail of one cause are one line of the log.
        #expect(try await eventually { stage.log.contains("applied: failed") })
        try await Task.sleep(for: .seconds(1))
        // An end of a connection may be told in two ways.
        #expect(stage.log.split(separator: "\n").count { $0.contains("applied: failed") } <= 2)
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(2)))
    func whatIsObservedIsKeptWithItsWatts() async throws {
        let stage = try await Stage(redfish: ", patrol_every: 1s")
        try stage.folder.write("mode: observe\n" + stage.folder.read("ima.yaml"), to: "ima.yaml")
        try await stage.startAgent()
        #expect(try await metrics(stage, contain: "ima_resources_enforceable 20"))
        let breach = try Stage.newBreach()
        let hints = [
            MainJobScenarios.hint("cpu-1", .node, watts: 900),
            ShedHint(
                resourceID: "gpu-1-gpu0", resourceType: .gpu, action: .powerCap, priority: 1),
            MainJobScenarios.hint("login", .node, watts: 900), MainJobScenarios.hint("cpu-2", .node, .suspend),
        ]
        try await stage.alert(.active, breach, hints)
        #expect(try await eventually { stage.log.contains("would do (observe)") })
        try await stage.alert(.active, breach, hints)
        let ofBreach = String(breach.text.prefix(8))
        let history = try stage.command("history", "--breach", ofBreach, "--json")
        let lines = try #require(JSONValue(parsing: Array(history.output.utf8)).array)
        func line(_ code: String, _ control: String) -> JSONValue? {
            lines.first { $0["code"]?.string == code && $0["control"]?.string?.hasPrefix(control) == true }
        }
        #expect(line("would_apply", "cpu-1/")?["value"] == "900 W", "\(history.output)")
        // Sixty percent of 700 W.
        #expect(line("would_apply", "gpu-1-gpu0/")?["value"] == "420 W")
        #expect(line("would_apply", "cpu-2/")?["message"] == "suspend")
        #expect(lines.contains { $0["code"] == "would_skip" && $0["message"]?.string?.hasPrefix("login:") == true })
        #expect(lines.contains { $0["code"] == "would_do" && $0["message"]?.string?.contains("1 suspended") == true })
        let json = try status(stage)
        #expect(
            json["mode"] == "observe" && json["observed"]?.array?.first?["caps"] == 2, "\(json["observed"]?.text ?? "")"
        )
        let text = try stage.command("status").output
        #expect(
            text.contains("OBSERVE")
                && text.contains("would do for breach \(ofBreach) on main-a: 2 capped, 1 suspended"))
        #expect(stage.log.split(separator: "\n").count { $0.contains("would do (observe)") } == 1)
        try await stage.alert(.resolved, breach)
        #expect(try await eventually { try status(stage)["observed"]?.array?.isEmpty == true })
        #expect(stage.fleet.bmcs.allSatisfy { $0.writes.isEmpty } && stage.ledger.all.isEmpty)
        await stage.tearDown()
    }
}
