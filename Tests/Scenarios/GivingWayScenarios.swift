import FleetSimulator
import PowerEvents
import Testing

/// What sheds goes before what releases, on one BMC too.
@Suite(.serialized)
struct GivingWayScenarios {
    private static let inventory = """
        credentials: { bmc: { username: ima, password_file: bmc-password } }
        defaults: { bmc: { credentials: bmc, tls: { ca: bmc-ca.pem } } }
        nodes:
          - id: n1
            bmc: https://127.78.1.1:PORT
            gpus: { id: "{node}-gpu[0-1]", processor: "GPU_SXM_[1-2]" }
        """

    /// A release looks at a BMC that takes no restore for eight seconds and longer; a new breach waits for none of that.
    @Test(.timeLimit(.minutes(1)))
    func aNewBreachDoesNotWaitBehindARelease() async throws {
        let stage = try await Stage(inventory: Self.inventory, personalities: ["n1": .nvidiaHGX])
        let bmc = try #require(stage.fleet.bmc(of: "n1"))
        try await stage.startAgent()
        let first = try Stage.newBreach()
        try await stage.alert(.active, first, [MainJobScenarios.hint("n1-gpu0", .gpu, watts: 400)])
        _ = try await stage.report(first, .applied)
        bmc.faults = [Fault(.ignore, on: ["PATCH"], path: "GPU_SXM_1")]
        try await stage.alert(.resolved, first)
        // By then it waits, between two looks at the limit that is not put back.
        try await Task.sleep(for: .seconds(3))
        let second = try Stage.newBreach()
        try await stage.alert(.active, second, [MainJobScenarios.hint("n1-gpu1", .gpu, watts: 300)])
        _ = try await stage.report(second, .applied)
        let end = stage.ledger.all.compactMap(\.enforcement).first {
            $0.breachID == first && $0.action == .reverted
                && $0.diagnosticMessage?.contains("in progress") != true
        }
        #expect(end == nil, "the release was waited for")
        #expect(stage.fleet.limit(of: "n1-gpu1") == 300)
        #expect(bmc.maximumRequestsAtOnce == 1)
        await stage.tearDown()
    }
}
