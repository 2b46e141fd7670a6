import FleetSimulator
import Foundation
import PowerEvents
import StrictJSON
import TestSupport
import Testing

/// Knowing before a breach what could be enforced: preflight, discover, the patrol.
@Suite(.serialized)
struct ReadinessScenarios {
    private static let resources = 23

    /// A process that has no descriptors left is ended by its run-time, so nobody may take them all.
    @Test(.timeLimit(.minutes(1)))
    func whoOpensManyConnectionsToThePageTakesFewDescriptors() async throws {
        let stage = try await Stage()
        try await stage.startAgent()
        let agent = try #require(stage.processID)
        @Sendable func descriptors() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/\(agent)/fd").count
        }
        let before = try descriptors()
        do {
            let connections = IdleConnections(300, port: stage.httpPort)
            defer { withExtendedLifetime(connections) {} }
            #expect(try await eventually { try descriptors() > before + 40 })
            try await Task.sleep(for: .milliseconds(500))
            #expect(try descriptors() < before + 120)
        }
        #expect(try await eventually { await stage.page("/healthz").status == 200 })
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(2)))
    func preflightVisitsAllAndNamesWhatStandsInTheWay() async throws {
        let stage = try await Stage()
        let good = try stage.command("preflight")
        #expect(good.status == 0, "\(good.output)\(good.errors)")
        // Neither racks nor the protected machine.
        #expect(good.output.contains("20 of 20 resources are enforceable"), "\(good.output)")
        #expect(!good.output.contains("login"))
        stage.fleet.bmc(of: "cpu-1")?.faults = [.hang]
        stage.fleet.bmc(of: "cpu-2")?.faults = [
            Fault(.status(401, retryAfter: nil), on: ["GET"], path: "/redfish/v1/S")
        ]
        stage.fleet.bmc(of: "cpu-3")?.faults = [Fault(.certificate)]
        stage.fleet.bmc(of: "cpu-4")?.faults = [.noSessions]
        stage.fleet.bmc(of: "cpu-5")?.faults = [Fault(.html)]
        // Busy for a moment, which is waited for.
        stage.fleet.bmc(of: "cpu-6")?.faults = [
            Fault(.status(503, retryAfter: 1), on: ["GET"], path: "Systems", times: 2)
        ]
        let bad = try stage.command("preflight", "--json")
        #expect(bad.status == 1 && bad.errors.isEmpty)
        let json = try JSONValue(parsing: Array(bad.output.utf8))
        #expect(json["enforceable"] == 16)
        func result(_ name: String) -> JSONValue? {
            json["results"]?.array?.first { $0["resource"]?.string == name }
        }
        #expect(result("cpu-1")?["reachable"] == false)
        #expect(result("cpu-2")?["logged_in"] == false)
        #expect(result("cpu-3")?["trusted"] == false)
        #expect(result("cpu-4")?["enforceable"] == true)
        #expect(result("cpu-4")?["remarks"]?.array?.first?.string?.contains("no session") == true)
        #expect(result("cpu-5")?["logged_in"] == true)
        #expect(result("cpu-5")?["enforceable"] == false)
        let gpu = result("gpu-1-gpu2")
        #expect(gpu?["minimum_watts"] == 200 && gpu?["maximum_watts"] == 700)
        #expect(gpu?["value"] == "700 W")
        #expect(gpu?["why"] == "the processor's own metrics")
        #expect(gpu?["model"]?.string?.isEmpty == false)
        // It reads, and leaves nothing behind.
        #expect(stage.fleet.bmcs.allSatisfy { $0.writes.isEmpty })
        #expect(stage.fleet.bmcs.allSatisfy { $0.openSessions == 0 })
        #expect(stage.fleet.bmcs.allSatisfy { $0.maximumRequestsAtOnce <= 1 })
        let one = try stage.command("preflight", "store")
        #expect(one.output.contains("1 of 1 resources"))
        #expect(try stage.command("preflight", "nobody").status == 2)
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(2)))
    func whatDiscoverPrintsIsAnInventory() async throws {
        let stage = try await Stage(personalities: ["gpu-2": .nvidiaHGX, "cpu-1": .dellIDRAC9, "cpu-2": .hpeCrayEX])
        let text = stage.folder.read("site.yaml")
        let port = try #require(text.split(separator: "127.78.1.20:").last?.prefix { $0.isNumber })
        let arguments = [
            "inventory", "discover", "https://127.78.1.[1-2,11-12]:\(port)", "https://127.78.2.1:\(port)",
            "--username", "ima", "--password-file", stage.folder.path("bmc-password"),
            "--ca", stage.folder.path("bmc-ca.pem"),
        ]
        let ima = Stage.programs.appendingPathComponent("ima").path
        let found = try ChildProcess.run(ima, arguments)
        #expect(found.status == 0, "\(found.errors)")
        try stage.folder.write(found.output, to: "site.yaml")
        let check = try stage.command("check")
        #expect(check.status == 0, "\(check.errors)\n\(found.output)")
        let preflight = try stage.command("preflight", "--json")
        let json = try JSONValue(parsing: Array(preflight.output.utf8))
        // Four nodes, a chassis of its own, twice four GPUs; the host of the HGX is capped through its GPUs.
        #expect(json["resources"] == 13, "\(found.output)")
        #expect(json["enforceable"] == 13, "\(preflight.output)")
        // A BMC that is not there stands as a comment, and the exit code says so.
        let half = try ChildProcess.run(ima, arguments + ["https://127.78.1.200:\(port)"])
        #expect(half.status == 1 && half.errors.isEmpty)
        #expect(half.output.contains("# https://127.78.1.200:\(port): the connection is refused"))
        #expect(stage.fleet.bmcs.allSatisfy { $0.writes.isEmpty && $0.openSessions == 0 })
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(2)))
    func thePatrolKnowsWhatCouldBeEnforced() async throws {
        let stage = try await Stage(redfish: ", patrol_every: 2s")
        stage.fleet.bmc(of: "cpu-1")?.faults = [.status(401)]
        try await stage.startAgent()
        #expect(try await eventually { await stage.page("/metrics").body.contains("ima_resources_enforceable 19") })
        #expect(await stage.page("/metrics").body.contains("ima_resources_total \(Self.resources - 1)"))
        let status = try stage.command("status")
        #expect(status.output.contains("19 of the 20 probed resources are enforceable"), "\(status.output)")
        #expect(status.output.contains("cpu-1:"))
        #expect(await stage.page("/readyz").body.contains("cpu-1"))
        // Healed, and seen to be.
        stage.fleet.bmc(of: "cpu-1")?.faults = []
        #expect(try await eventually { await stage.page("/metrics").body.contains("ima_resources_enforceable 20") })
        #expect(stage.fleet.bmcs.allSatisfy { $0.writes.isEmpty })
        #expect(stage.fleet.bmc(of: "login")?.requests == 0)
        // What was patrolled is warm: a cap costs a read, a write and a read back, and no login.
        let before = stage.fleet.bmc(of: "store")?.openSessions
        let breach = try Stage.newBreach()
        try await stage.alert(.active, breach, [MainJobScenarios.hint("store", .node, watts: 900)])
        _ = try await stage.report(breach, .applied)
        #expect(stage.fleet.bmc(of: "store")?.openSessions == before)
        await stage.tearDown()
    }

    /// The patrol's request hangs; what an alert wants does not wait for it.
    @Test(.timeLimit(.minutes(2)))
    func thePatrolYieldsToEnforcement() async throws {
        let stage = try await Stage(redfish: ", patrol_every: 2s", requestTimeout: "60s")
        let fleet = stage.fleet
        let hung = try #require(fleet.bmc(of: "store"))
        hung.faults = [Fault(.hang, on: ["GET"], skip: 1, times: 1)]
        try await stage.startAgent()
        #expect(try await eventually { hung.requests >= 3 })
        hung.faults = []
        let start = ContinuousClock.now
        let breach = try Stage.newBreach()
        try await stage.alert(.active, breach, [MainJobScenarios.hint("store", .node, watts: 900)])
        #expect(try await eventually(within: .seconds(50)) { fleet.limit(of: "store") == 900 })
        // Well within the time-out of a request.
        #expect(ContinuousClock.now - start < .seconds(25))
        _ = try await stage.report(breach, .applied)
        await stage.tearDown()
    }

    /// Sessions that a killed agent left are ended by the next one.
    @Test(.timeLimit(.minutes(2)))
    func sessionsThatAKilledAgentLeftAreEnded() async throws {
        let stage = try await Stage(redfish: ", patrol_every: 1s")
        try await stage.startAgent()
        let fleet = stage.fleet
        let all: @Sendable (Int) -> Bool = { count in
            fleet.bmcs.allSatisfy { $0.openSessions == ($0 === fleet.bmc(of: "login") ? 0 : count) }
        }
        #expect(try await eventually { all(1) })
        // Until the journal has the last of them.
        try await Task.sleep(for: .milliseconds(300))
        await stage.stopAgent(SIGKILL)
        #expect(all(1))
        try await stage.startAgent()
        #expect(
            try await eventually {
                all(1) && fleet.bmcs.allSatisfy { $0.address == fleet.bmc(of: "login")?.address || $0.logins == 2 }
            })
        await stage.stopAgent()
        #expect(all(0))
        await stage.tearDown()
    }

    /// Where few connections may be kept, the others are closed soon after, and made again when they are needed.
    @Test(.timeLimit(.minutes(1)))
    func connectionsBeyondThoseThatAreKeptAreClosed() async throws {
        let stage = try await Stage(redfish: ", kept_connections: 0")
        let fleet = stage.fleet
        try await stage.startAgent()
        #expect(try await eventually(within: .seconds(15)) { fleet.openConnections > 0 })
        #expect(try await eventually(within: .seconds(15)) { fleet.openConnections == 0 })
        let breach = try Stage.newBreach()
        try await stage.alert(.active, breach, [MainJobScenarios.hint("cpu-1", .node, watts: 900)])
        #expect(try await stage.report(breach, .applied).enforcement?.code == .success)
        #expect(fleet.limit(of: "cpu-1") == 900)
        let logins = fleet.bmc(of: "cpu-1")?.logins
        #expect(logins == 1, "the session outlives its connection")
        await stage.tearDown()
    }

    /// One sick BMC in a hundred adds nothing to the time of the others.
    @Test(.timeLimit(.minutes(2)), arguments: [Fault.hang, Fault(.drip), Fault(.refuse)])
    func aSickBMCCostsTheOthersNothing(fault: Fault) async throws {
        let inventory = """
            credentials: { bmc: { username: ima, password_file: bmc-password } }
            defaults: { bmc: { credentials: bmc, tls: { ca: bmc-ca.pem } } }
            nodes: [{ id: "n-[1-100]", bmc: "https://127.78.3.[1-100]:PORT", feeds: [main-a] }]
            """
        let stage = try await Stage(
            enforcement: ", report_after: 60s", redfish: ", patrol_every: 0s", requestTimeout: "60s",
            inventory: inventory)
        let fleet = stage.fleet
        try await stage.startAgent()
        fleet.bmc(of: "n-1")?.faults = [fault]
        let breach = try Stage.newBreach()
        try await stage.alert(.active, breach, (1...100).map { MainJobScenarios.hint("n-\($0)", .node, watts: 900) })
        let healthy: @Sendable () -> Bool = { (2...100).allSatisfy { fleet.limit(of: "n-\($0)") == 900 } }
        #expect(try await eventually(within: .seconds(30)) { healthy() })
        // All of the others are done while the sick one is still being waited for.
        let status = try JSONValue(parsing: Array(try stage.command("status", "--json").output.utf8))
        let sick = status["controls"]?.array?.first { $0["control"] == "n-1/power_limit" }
        #expect(sick?["held"]?.isNull == true)
        if fault.kind != .refuse { #expect(sick?["code"] == "in_progress") }
        await stage.tearDown()
    }
}
