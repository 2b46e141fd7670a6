import FleetSimulator
import PowerEvents
import TestSupport
import Testing

extension Stage {
    /// Starts the agent and has it cap `cpu-1`, of which it can tell nobody: the broker goes while BMCs take their time.
    func capWhileTheBrokerIsAway() async throws -> UUIDText {
        let fleet = fleet
        for bmc in fleet.bmcs { bmc.latency = .milliseconds(500) }
        try await startAgent()
        let breach = try Stage.newBreach()
        try await alert(.active, breach, [MainJobScenarios.hint("cpu-1", .node, watts: 900)])
        #expect(try await eventually { fleet.bmc(of: "cpu-1")?.openSessions == 1 })
        await broker.stop()
        #expect(fleet.limit(of: "cpu-1") == nil, "the broker has to go before the write")
        #expect(try await eventually { fleet.limit(of: "cpu-1") == 900 })
        return breach
    }
}
