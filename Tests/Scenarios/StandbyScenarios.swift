import FleetSimulator
import Foundation
import PowerEvents
import StrictJSON
import TestSupport
import Testing

/// Two agents with one journal: what is lost with the one that leads, which is nothing.
@Suite(
    .serialized, .enabled(if: StandbyPair.isPossible, "needs Debian's package etcd-server, which deploy/test installs"))
struct StandbyScenarios {
    private static let hints =
        (1...8).map { MainJobScenarios.hint("cpu-\($0)", .node, priority: 1 + $0 % 3, watts: 900) }
        + (0...3).map { MainJobScenarios.hint("gpu-1-gpu\($0)", .gpu, watts: 450) }
        + [MainJobScenarios.hint("gpu-2", .node, .suspend, priority: 4)]

    static let resources = (1...8).map { "cpu-\($0)" } + (0...3).map { "gpu-1-gpu\($0)" }

    @Test(.timeLimit(.minutes(5)))
    func killedInTheMiddleOfAPlanTheOtherGoesOn() async throws {
        let pair = try await StandbyPair()
        let fleet = pair.stage.fleet
        let before = Self.resources.map { fleet.knob(of: $0) }
        for bmc in fleet.bmcs { bmc.latency = .milliseconds(100) }
        let leader = try await pair.startBoth()
        let start = ContinuousClock.now
        let breach = try Stage.newBreach()
        try await pair.stage.alert(.active, breach, Self.hints)
        #expect(try await eventually { fleet.limit(of: "cpu-3") == 900 })
        await pair.stop(leader, SIGKILL)
        _ = try #require(try await pair.leads(pair.other(leader)), "\(pair.logs)")
        let report = try await pair.stage.report(breach, .applied) { $0.results.count == 13 && $0.code == .success }
        #expect(report.doubt == nil)
        #expect(Self.resources.allSatisfy { fleet.limit(of: $0) == ($0.hasPrefix("cpu") ? 900 : 450) })
        try await pair.stage.alert(.resolved, breach)
        #expect(try await pair.stage.report(breach, .reverted).enforcement?.code == .success)
        #expect(Self.resources.map { fleet.knob(of: $0) } == before)
        #expect(fleet.bmc(of: "gpu-2")?.machine.powerState == "On")
        #expect(pair.resets(of: "gpu-2", since: start).count == 2, "\(pair.resets(of: "gpu-2", since: start))")
        #expect(pair.doubtfulEvents == [])
        await pair.tearDown()
    }

    @Test(.timeLimit(.minutes(5)))
    func aLeaderThatWasStoppedForAWhileWritesNothingWhenItGoesOn() async throws {
        let pair = try await StandbyPair()
        let fleet = pair.stage.fleet
        let before = Self.resources.map { fleet.knob(of: $0) }
        for bmc in fleet.bmcs { bmc.latency = .milliseconds(100) }
        let leader = try await pair.startBoth()
        let other = pair.other(leader)
        let breach = try Stage.newBreach()
        try await pair.stage.alert(.active, breach, Self.hints)
        #expect(try await eventually { fleet.limit(of: "cpu-3") == 900 })
        pair.send(SIGSTOP, to: leader)
        _ = try #require(try await pair.leads(other), "\(pair.logs)")
        _ = try await pair.stage.report(breach, .applied) { $0.results.count == 13 && $0.code == .success }
        let moment = ContinuousClock.now
        pair.send(SIGCONT, to: leader)
        #expect(try await pair.settled() == other)
        try await pair.stage.alert(.resolved, breach)
        #expect(try await pair.stage.report(breach, .reverted).enforcement?.code == .success)
        #expect(Self.resources.map { fleet.knob(of: $0) } == before)
        #expect(pair.writes(of: leader, after: moment) == [])
        #expect(pair.doubtfulEvents == [])
        await pair.tearDown()
    }

    @Test(.timeLimit(.minutes(5)))
    func aLeaderThatIsCutOffFromEtcdStopsWritingBeforeTheOtherBegins() async throws {
        let pair = try await StandbyPair()
        let fleet = pair.stage.fleet
        let before = Self.resources.map { fleet.knob(of: $0) }
        for bmc in fleet.bmcs { bmc.latency = .milliseconds(100) }
        let leader = try await pair.startBoth()
        let other = pair.other(leader)
        let breach = try Stage.newBreach()
        try await pair.stage.alert(.active, breach, Self.hints)
        #expect(try await eventually { fleet.limit(of: "cpu-3") == 900 })
        pair.cut(leader, true)
        _ = try #require(try await pair.leads(other), "\(pair.logs)")
        let moment = ContinuousClock.now
        _ = try await pair.stage.report(breach, .applied) { $0.results.count == 13 && $0.code == .success }
        #expect(pair.writes(of: leader, after: moment) == [])
        // Not a word of that from itself: it cannot know who leads.
        #expect(await pair.readiness(of: leader).status == 503)
        pair.cut(leader, false)
        #expect(try await pair.settled() == other)
        try await pair.stage.alert(.resolved, breach)
        #expect(try await pair.stage.report(breach, .reverted).enforcement?.code == .success)
        #expect(Self.resources.map { fleet.knob(of: $0) } == before)
        #expect(pair.writes(of: leader, after: moment) == [])
        #expect(pair.doubtfulEvents == [])
        await pair.tearDown()
    }

    @Test(.timeLimit(.minutes(5)))
    func withoutAMajorityOfEtcdNothingIsWrittenAndNothingReleased() async throws {
        let pair = try await StandbyPair()
        let fleet = pair.stage.fleet
        let leader = try await pair.startBoth()
        let breach = try Stage.newBreach()
        try await pair.stage.alert(.active, breach, Self.hints)
        _ = try await pair.stage.report(breach, .applied) { $0.results.count == 13 && $0.code == .success }
        let lost = [1, 2]
        for member in lost { await pair.etcd.kill(member) }
        for name in pair.names {
            #expect(try await eventually { await pair.readiness(of: name).status == 503 }, "\(pair.logs)")
        }
        let moment = ContinuousClock.now
        try await pair.stage.alert(.resolved, breach)
        try await Task.sleep(for: .seconds(4))
        #expect(pair.names.allSatisfy { pair.writes(of: $0, after: moment).isEmpty })
        #expect(Self.resources.allSatisfy { fleet.limit(of: $0) == ($0.hasPrefix("cpu") ? 900 : 450) })
        let status = try pair.command(leader, "status")
        #expect(status.status == 1)
        #expect(status.output.contains("ETCD:") || status.output.contains("NOT READY"), "\(status.output)")
        #expect(await pair.page("/metrics", of: leader).body.contains("ima_standby_in_trouble 1"))
        for member in lost { try pair.etcd.start(member) }
        // By itself.
        #expect(try await pair.stage.report(breach, .reverted).enforcement?.code == .success, "\(pair.logs)")
        try await pair.settled()
        #expect(pair.doubtfulEvents == [])
        await pair.tearDown()
    }

    @Test(.timeLimit(.minutes(5)))
    func commandsReachTheLeaderAndAHandOverIsPlanned() async throws {
        let pair = try await StandbyPair()
        let leader = try await pair.startBoth()
        let other = pair.other(leader)
        let breach = try Stage.newBreach()
        try await pair.stage.alert(.active, breach, Self.hints)
        _ = try await pair.stage.report(breach, .applied) { $0.results.count == 13 && $0.code == .success }
        // Of itself, from the journal that it has.
        let status = try pair.command(other, "status")
        #expect(status.status == 0, "\(status.output)")
        #expect(status.output.hasPrefix("\(other): OK - mode enforce, standby of \(leader), "), "\(status.output)")
        // As the leader's is: once the log and the members' answers have come.
        #expect(
            try await eventually {
                let status = try pair.command(other, "status").output
                return status.contains("etcd: 3 of 3 members answer") && status.contains("13 applied")
            }, "\((try? pair.command(other, "status").output) ?? "")")
        let json = try JSONValue(
            parsing: Array(try pair.command(other, "status", "--json").output.utf8), limits: .widest)
        #expect(json["standby"]?["leader"]?.string == leader)
        #expect(json["standby"]?["site"] == "test")
        #expect(json["breaches"]?.array?.count == 1)
        #expect(json["controls"]?.array?.count == 13)
        #expect(
            try await eventually {
                await pair.page("/metrics", of: other).body.contains("ima_standby_etcd_members_healthy 3")
            })
        let metrics = await pair.page("/metrics", of: other).body
        #expect(metrics.contains("ima_standby_role{role=\"standby\"} 1"))
        #expect(metrics.contains("ima_standby_info{site=\"test\",shard=\"a\"} 1"))
        #expect(await pair.page("/", of: other).body.contains("standby of \(leader)"))
        // A command.
        let freeze = try pair.command(other, "freeze", "cpu-1", "--reason", "asked of the standby")
        #expect(freeze.status == 0, "\(freeze.errors)")
        let history = try pair.command(leader, "history", "--json")
        #expect(history.output.contains("asked of the standby"))
        #expect(try pair.command(other, "thaw").status == 0)
        #expect(try pair.command(other, "explain", "cpu-1").output.contains("900"))
        // The hand-over.
        let moment = ContinuousClock.now
        let yield = try pair.command(other, "standby", "yield", "--reason", "an upgrade")
        #expect(yield.status == 0 && yield.output.hasPrefix("yielded:"), "\(yield)")
        #expect(try await pair.leads(other) != nil, "\(pair.logs)")
        #expect(try await pair.settled() == other)
        #expect(pair.writes(of: leader, after: moment) == [])
        #expect(pair.writes(of: other, after: moment) == [], "a hand-over moves no machine")
        // And by an end in order.
        try await pair.stage.alert(.resolved, breach)
        await pair.stop(other)
        #expect(try await pair.leads(leader) != nil, "\(pair.logs)")
        #expect(try await pair.stage.report(breach, .reverted).enforcement?.code == .success, "\(pair.logs)")
        #expect(pair.doubtfulEvents == [])
        await pair.tearDown()
    }

    @Test(.timeLimit(.minutes(5)))
    func anAlertThatOnlyTheStandbyHeardIsNotLost() async throws {
        let pair = try await StandbyPair()
        let leader = try await pair.startBoth()
        // The leader hears nothing more, and is killed before it could.
        pair.send(SIGSTOP, to: leader)
        let breach = try Stage.newBreach()
        try await pair.stage.alert(.active, breach, Self.hints)
        try await Task.sleep(for: .milliseconds(300))
        await pair.stop(leader, SIGKILL)
        _ = try #require(try await pair.leads(pair.other(leader)), "\(pair.logs)")
        _ = try await pair.stage.report(breach, .applied) { $0.results.count == 13 && $0.code == .success }
        #expect(pair.doubtfulEvents == [])
        await pair.tearDown()
    }

    /// The lease is the leader's, and no machine obeys it.
    @Test(.timeLimit(.minutes(5)))
    func aLeaderThatNoBMCAnswersHandsOver() async throws {
        let pair = try await StandbyPair()
        let fleet = pair.stage.fleet
        let before = Self.resources.map { fleet.knob(of: $0) }
        let leader = try await pair.startBoth()
        for bmc in fleet.bmcs { bmc.silentTo = ["ima (\(leader))"] }
        let breach = try Stage.newBreach()
        try await pair.stage.alert(.active, breach, Self.hints)
        #expect(try await pair.leads(pair.other(leader), within: .seconds(60)) != nil, "\(pair.logs)")
        _ = try await pair.stage.report(breach, .applied, within: .seconds(60)) {
            $0.results.count == 13 && $0.code == .success
        }
        try await pair.stage.alert(.resolved, breach)
        #expect(
            try await pair.stage.report(breach, .reverted, within: .seconds(60)).enforcement?.code == .success)
        #expect(Self.resources.map { fleet.knob(of: $0) } == before)
        #expect(pair.log(of: leader).contains("no BMC answers this agent any more"))
        #expect(pair.doubtfulEvents == [])
        await pair.tearDown()
    }

    @Test func anAgentWithoutAStandbyHasNobodyToYieldTo() async throws {
        let stage = try await Stage()
        try await stage.startAgent()
        let yield = try ChildProcess.run(
            Stage.programs.appendingPathComponent("ima").path,
            ["standby", "yield", "--socket", stage.folder.path("ima.sock")])
        #expect(yield.status == 1)
        #expect(yield.errors.contains("this agent is alone"), "\(yield.errors)")
        await stage.tearDown()
    }
}
