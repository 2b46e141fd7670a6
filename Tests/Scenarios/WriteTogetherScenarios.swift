import FleetSimulator
import PowerEvents
import StrictJSON
import Testing

/// A node of HPE Cray EX, whose limits are written together.
@Suite(.serialized)
struct WriteTogetherScenarios {
    private static let inventory = """
        credentials: { bmc: { username: ima, password_file: bmc-password } }
        defaults: { bmc: { credentials: bmc, tls: { ca: bmc-ca.pem } } }
        nodes:
          - id: x1
            bmc: https://127.78.1.1:PORT
            gpus: { id: "{node}-gpu[0-3]", processor: "Accelerator[0-3]" }
        """
    private static let caps = ["x1": 1500, "x1-gpu0": 300, "x1-gpu1": 310, "x1-gpu2": 320, "x1-gpu3": 330]

    /// - Parameters:
    ///   - together: writes of all limits that came through
    ///   - single: writes of one limit
    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            (nil as Fault?, 1, 0),
            // There is no such resource: one by one, and not tried again for the release.
            (
                Fault(.status(404, retryAfter: nil), on: ["PATCH"], path: "/redfish/v1/Chassis/Node0/Controls.Deep"), 0,
                5
            ),
            // It obeys and says that it did not: each control tells.
            (Fault(.applyThenFail, on: ["PATCH"], times: 1), 1, 0),
        ])
    func fiveLimitsByOneRequest(fault: Fault?, together: Int, single: Int) async throws {
        let stage = try await Stage(inventory: Self.inventory, personalities: ["x1": .hpeCrayEX])
        let bmc = try #require(stage.fleet.bmc(of: "x1"))
        bmc.faults = fault.map { [$0] } ?? []
        let before = Self.caps.keys.map { stage.fleet.knob(of: $0) }
        try await stage.startAgent()
        let breach = try Stage.newBreach()
        try await stage.alert(
            .active, breach,
            Self.caps.map { MainJobScenarios.hint($0.key, $0.key == "x1" ? .node : .gpu, watts: $0.value) })
        let report = try await stage.report(breach, .applied) { $0.results.count == 5 }
        #expect(report.enforcement?.code == .success)
        for (resource, watts) in Self.caps { #expect(stage.fleet.limit(of: resource) == watts) }
        let isTogether = { (write: SimulatedBMC.Write) in write.uri.hasSuffix("/Controls.Deep") }
        #expect(bmc.writes.count(where: isTogether) == together)
        #expect(bmc.writes.count { !isTogether($0) } == single)
        if single == 0 { #expect(bmc.writes.first { isTogether($0) }?.body["Members"]?.array?.count == 5) }

        try await stage.alert(.resolved, breach)
        let reverted = try await stage.report(breach, .reverted)
        #expect(reverted.enforcement?.code == .success)
        #expect(Self.caps.keys.map { stage.fleet.knob(of: $0) } == before)
        #expect(bmc.maximumRequestsAtOnce == 1)
        await stage.tearDown()
    }
}
