import FleetSimulator
import Foundation
import PowerEvents
import TestSupport
import Testing

/// A takeover where nobody has told the agents how long their BMCs take: what is not in doubt is reported at once, and what
/// is in doubt as soon as a BMC must have answered.
@Suite(
    .serialized, .enabled(if: StandbyPair.isPossible, "needs Debian's package etcd-server, which deploy/test installs"))
struct StandbyPatienceScenarios {
    private static let nodes = (11...58).map { "cpu-\($0)" }
    private static let inventory = """
        credentials: { bmc: { username: ima, password_file: bmc-password } }
        defaults: { bmc: { credentials: bmc, tls: { ca: bmc-ca.pem } } }
        chassis:
          - { id: rack-1, feeds: [main-a] }
        nodes:
          - { id: "cpu-[11-58]", bmc: "https://127.78.1.[11-58]:PORT", chassis: rack-1 }
          - { id: "gpu-[1-2]", bmc: "https://127.78.1.[1-2]:PORT", chassis: rack-1 }
        """
    private static let hints =
        nodes.enumerated().map { MainJobScenarios.hint($1, .node, priority: 1 + $0 % 3, watts: 900) }
        + [MainJobScenarios.hint("gpu-2", .node, .suspend, priority: 4)]

    /// As long as a BMC may take for a request by default, with what a busy machine takes for the rest: a third of the
    /// longest write, for which everything was once kept waiting.
    private static let bound = Duration.seconds(60)

    private static func told(_ what: String, since moment: ContinuousClock.Instant) -> Duration {
        let took = ContinuousClock.now - moment
        print("\(what) after \(took.formatted(.units(allowed: [.milliseconds], width: .narrow)))")
        return took
    }

    /// - Parameter hasSessions: of the BMCs; without them, nothing but time ends what the old leader had on its way
    private static func killInAPlan(hasSessions: Bool) async throws {
        let pair = try await StandbyPair(inventory: inventory, isPatient: true)
        let fleet = pair.stage.fleet
        let before = nodes.map { fleet.knob(of: $0) }
        for bmc in fleet.bmcs {
            bmc.latency = .milliseconds(400)
            if !hasSessions { bmc.faults.insert(.noSessions) }
        }
        let leader = try await pair.startBoth()
        let start = ContinuousClock.now
        let breach = try Stage.newBreach()
        try await pair.stage.alert(.active, breach, hints)
        #expect(try await eventually { fleet.limit(of: "cpu-30") == 900 })
        await pair.stop(leader, SIGKILL)
        let killed = ContinuousClock.now
        _ = try #require(try await pair.leads(pair.other(leader)), "\(pair.logs)")
        let report = try await pair.stage.report(breach, .applied, within: .seconds(200)) {
            $0.results.count == 49 && $0.code == .success
        }
        #expect(Self.told("applied", since: killed) < Self.bound, "\(pair.logs)")
        #expect(report.doubt == nil)
        #expect(nodes.allSatisfy { fleet.limit(of: $0) == 900 })
        let resolved = ContinuousClock.now
        try await pair.stage.alert(.resolved, breach)
        #expect(
            try await pair.stage.report(breach, .reverted, within: .seconds(300)).enforcement?.code == .success)
        #expect(Self.told("reverted", since: resolved) < Self.bound, "\(pair.logs)")
        #expect(nodes.map { fleet.knob(of: $0) } == before)
        #expect(fleet.bmc(of: "gpu-2")?.machine.powerState == "On")
        let resets = pair.resets(of: "gpu-2", since: start)
        #expect(Set(resets).count == resets.count && resets.count <= 2, "\(resets)")
        #expect(pair.doubtfulEvents == [])
        await pair.tearDown()
    }

    @Test(.timeLimit(.minutes(10)))
    func aPlanGoesOnAndIsReportedAtOnce() async throws { try await Self.killInAPlan(hasSessions: true) }

    @Test(.timeLimit(.minutes(10)))
    func aPlanGoesOnWhereBMCsHaveNoSessions() async throws { try await Self.killInAPlan(hasSessions: false) }

    @Test(.timeLimit(.minutes(10)))
    func aReleaseGoesOnAndIsReportedAtOnce() async throws {
        let pair = try await StandbyPair(inventory: Self.inventory, isPatient: true)
        let fleet = pair.stage.fleet
        let before = Self.nodes.map { fleet.knob(of: $0) }
        for bmc in fleet.bmcs { bmc.latency = .milliseconds(400) }
        let leader = try await pair.startBoth()
        let start = ContinuousClock.now
        let breach = try Stage.newBreach()
        try await pair.stage.alert(.active, breach, Self.hints)
        _ = try await pair.stage.report(breach, .applied, within: .seconds(60)) {
            $0.results.count == 49 && $0.code == .success
        }
        try await pair.stage.alert(.resolved, breach)
        #expect(try await eventually { Self.nodes.contains { fleet.limit(of: $0) != 900 } })
        await pair.stop(leader, SIGKILL)
        let killed = ContinuousClock.now
        _ = try #require(try await pair.leads(pair.other(leader)), "\(pair.logs)")
        #expect(
            try await eventually(within: .seconds(200)) { Self.nodes.map { fleet.knob(of: $0) } == before })
        #expect(Self.told("all limits are back", since: killed) < .seconds(30), "\(pair.logs)")
        #expect(
            try await pair.stage.report(breach, .reverted, within: .seconds(300)).enforcement?.code == .success)
        #expect(Self.told("reverted", since: killed) < Self.bound, "\(pair.logs)")
        #expect(fleet.bmc(of: "gpu-2")?.machine.powerState == "On")
        let resets = pair.resets(of: "gpu-2", since: start)
        #expect(Set(resets).count == resets.count && resets.count == 2, "\(resets)")
        #expect(pair.doubtfulEvents == [])
        await pair.tearDown()
    }
}
