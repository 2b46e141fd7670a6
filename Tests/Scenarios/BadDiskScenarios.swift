import FleetSimulator
import Foundation
import PowerEvents
import TestSupport
import Testing

/// A disk that takes no more bytes: nothing unjournalled goes to a BMC, nothing is forgotten, and all goes on by itself.
@Suite(.serialized)
struct BadDiskScenarios {
    @Test(.timeLimit(.minutes(3)))
    func withoutADiskNothingIsWrittenAndAllGoesOnWhenItIsBack() async throws {
        let stage = try await Stage()
        let fleet = stage.fleet
        let before = fleet.knob(of: "cpu-1")
        try await stage.startAgent()
        let breach = try Stage.newBreach()
        try await stage.alert(.active, breach, [MainJobScenarios.hint("cpu-1", .node, watts: 900)])
        _ = try await stage.report(breach, .applied)

        try stage.limitFileSize("0")
        try await stage.alert(.escalated, breach, [MainJobScenarios.hint("cpu-2", .node, watts: 900)])
        #expect(try await eventually { await stage.readiness() == 503 })
        #expect(try await eventually { await stage.page("/readyz").body.contains("cannot be written") })
        // Somebody raises what is held: putting it back needs an intent, which cannot be recorded.
        try await Task.sleep(for: .seconds(3))
        #expect(fleet.bmc(of: "cpu-2")?.writes.isEmpty == true)
        #expect(fleet.limit(of: "cpu-1") == 900)
        #expect(await stage.page("/healthz").status == 200)

        try stage.limitFileSize("unlimited")
        #expect(try await eventually(within: .seconds(40)) { fleet.limit(of: "cpu-2") == 900 })
        let report = try await stage.report(breach, .applied) { $0.results.count == 2 }
        #expect(report.enforcement?.code == .success)
        #expect(try await eventually { await stage.readiness() == 200 })

        try stage.limitFileSize("0")
        try await stage.alert(.resolved, breach)
        try await Task.sleep(for: .seconds(3))
        #expect(fleet.limit(of: "cpu-1") == 900, "an end that is not durable lets nothing go")
        await stage.stopAgent(SIGKILL)
        try await stage.startAgent()
        #expect(try await stage.report(breach, .reverted).enforcement?.code == .success)
        #expect(fleet.knob(of: "cpu-1") == before)
        await stage.tearDown()
    }
}
