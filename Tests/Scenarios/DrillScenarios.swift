import FleetSimulator
import Foundation
import PowerEvents
import StrictJSON
import TestSupport
import Testing

/// Rehearsals on chosen machines: everything is put back, whatever happens, and nobody hears of it on the bus.
@Suite(.serialized)
struct DrillScenarios {
    private func stage() async throws -> Stage {
        try await Stage(enforcement: ", settle_time: 1s, meter_every: 1s", redfish: ", patrol_every: 1s")
    }

    private func isKnown(_ stage: Stage) async throws -> Bool {
        try await eventually { await stage.page("/metrics").body.contains("\nima_resources_enforceable 20\n") }
    }

    @Test(.timeLimit(.minutes(2)))
    func aDrillProvesWhatItCapsAndPutsItBack() async throws {
        let stage = try await stage()
        let fleet = stage.fleet
        try await stage.startAgent()
        #expect(try await isKnown(stage))
        let names = ["cpu-1", "gpu-1-gpu0", "gpu-1-gpu1"]
        let before = names.map { fleet.knob(of: $0) }
        let refused = try stage.command("drill", "cpu-1")
        #expect(refused.status == 2 && refused.errors.contains("--yes"), "\(refused)")
        #expect(try stage.command("drill", "nobody", "--yes").errors.contains("the inventory has no \"nobody\""))
        #expect(try stage.command("drill", "cpu-1", "--cap", "0%", "--yes").status == 2)
        let protected = try stage.command("drill", "login", "--yes")
        #expect(protected.status == 1 && protected.errors.contains("protected"), "\(protected)")
        #expect(fleet.bmcs.allSatisfy { $0.writes.isEmpty })

        let report = stage.folder.path("report.md")
        let drill = try stage.command(
            "drill", "cpu-1", "gpu-1-gpu0", "gpu-1-gpu1", "--cap", "90%", "--yes", "--report", report, "--reason",
            "audit")
        #expect(drill.status == 0, "\(drill)\n\(stage.log.suffix(2000))")
        #expect(drill.output.contains("3 of 3 controls capped, read back and put back exactly"), "\(drill.output)")
        #expect(drill.output.contains("capped to 630 W") && drill.output.contains("back to"), "\(drill.output)")
        #expect(names.map { fleet.knob(of: $0) } == before)
        #expect(fleet.bmc(of: "cpu-1")?.writes.count == 2)
        let text = stage.folder.read("report.md")
        #expect(
            text.hasPrefix("# Drill ") && text.contains("Proven on every control.") && text.contains("(audit)"),
            "\(text)")
        #expect(text.contains("| cap written and read back | ") && text.contains("630 W"))
        let history = try stage.command("history").output
        #expect(history.contains("command drill 90% by ") && history.contains("audit"), "\(history)")
        #expect(history.contains("drill_restore") && !history.contains(" alert "))
        #expect(stage.ledger.all.isEmpty, "nobody sent an alert, so that nothing answers one")
        #expect(try stage.command("drill", "cpu-1", "--yes", "--report", report).status == 2)
        await stage.tearDown()
    }

    /// A drill of one node that goes on until it is ended, whose cap stands. - Returns: who asked for it
    private func longDrill(_ stage: Stage) async throws -> ChildProcess {
        let fleet = stage.fleet
        let before = fleet.knob(of: "cpu-1")
        let client = try ChildProcess(
            Stage.programs.appendingPathComponent("ima").path,
            ["drill", "--socket", stage.folder.path("ima.sock"), "cpu-1", "--yes", "--hold", "5m"],
            log: stage.folder.path("drill.log"))
        #expect(try await eventually { fleet.knob(of: "cpu-1") != before })
        return client
    }

    /// Killed in the middle, the agent puts back at its next start what the drill held.
    @Test(.timeLimit(.minutes(2)), arguments: [SIGKILL, SIGTERM])
    func whateverEndsTheAgentEverythingIsPutBack(signal: Int32) async throws {
        let stage = try await stage()
        let fleet = stage.fleet
        try await stage.startAgent()
        #expect(try await isKnown(stage))
        let before = fleet.knob(of: "cpu-1")
        let client = try await longDrill(stage)
        #expect(try stage.command("status").output.contains("drill "))
        await stage.stopAgent(signal)
        #expect(fleet.knob(of: "cpu-1") != before)
        try await stage.startAgent()
        #expect(try await eventually { fleet.knob(of: "cpu-1") == before }, "\(stage.log.suffix(2000))")
        #expect(try await eventually { stage.folder.read("drill.log").contains("started anew") })
        await client.end(SIGTERM)
        #expect(stage.ledger.all.isEmpty)
        await stage.tearDown()
    }

    /// The one who asked may go; and an alert is meant, which a rehearsal is not.
    @Test(.timeLimit(.minutes(2)))
    func aDrillGivesWayToAnAlertAndIsRefusedWhileABreachIsOpen() async throws {
        let stage = try await stage()
        let fleet = stage.fleet
        try await stage.startAgent()
        #expect(try await isKnown(stage))
        let before = fleet.knob(of: "cpu-1")
        let client = try await longDrill(stage)
        #expect(try stage.command("drill", "cpu-2", "--yes").errors.contains("still under way"))
        let breach = try Stage.newBreach()
        try await stage.alert(.active, breach, [MainJobScenarios.hint("cpu-2", .node, watts: 900)])
        #expect(try await stage.report(breach, .applied).enforcement?.code == .success)
        #expect(try await eventually { fleet.knob(of: "cpu-1") == before })
        #expect(try await eventually { stage.folder.read("drill.log").contains("cut short: an alert came in") })
        await client.end(SIGTERM)
        let refused = try stage.command("drill", "cpu-1", "--yes")
        #expect(refused.status == 1 && refused.errors.contains("is not over"), "\(refused)")
        try await stage.alert(.resolved, breach)
        _ = try await stage.report(breach, .reverted)
        #expect(stage.ledger.all.allSatisfy { $0.enforcement?.breachID == breach })
        await stage.tearDown()
    }
}
