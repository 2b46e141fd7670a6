import FleetSimulator
import Foundation
import PowerEvents
import TestSupport
import Testing

/// What survives: the agent's death at any moment, and the broker's.
@Suite(.serialized)
struct CrashScenarios {
    private func hints(_ watts: Int) -> [ShedHint] {
        (1...8).map { MainJobScenarios.hint("cpu-\($0)", .node, priority: 1 + $0 % 3, watts: watts) }
            + (0...3).map { MainJobScenarios.hint("gpu-1-gpu\($0)", .gpu, watts: 450) }
            + [MainJobScenarios.hint("gpu-2", .node, .suspend, priority: 4)]
    }

    private let resources = (1...8).map { "cpu-\($0)" } + (0...3).map { "gpu-1-gpu\($0)" }

    @Test(.timeLimit(.minutes(2)))
    func killedBetweenTheWriteAndTheOutcomeThePriorComesBack() async throws {
        let stage = try await Stage()
        let fleet = stage.fleet
        let before = resources.map { fleet.knob(of: $0) }
        // Answers come late, so that the kill falls between the write's effect and its outcome.
        for bmc in fleet.bmcs { bmc.latency = .milliseconds(150) }
        try await stage.startAgent()
        let breach = try Stage.newBreach()
        try await stage.alert(.active, breach, hints(900))
        #expect(try await eventually { fleet.limit(of: "cpu-3") == 900 })
        await stage.stopAgent(SIGKILL)
        for bmc in fleet.bmcs { bmc.latency = .zero }
        try await stage.startAgent()
        let report = try await stage.report(breach, .applied) { $0.results.count == 13 }
        #expect(report.enforcement?.code == .success, "\(String(describing: report.enforcement?.results))")
        #expect(resources.allSatisfy { fleet.limit(of: $0) == ($0.hasPrefix("cpu") ? 900 : 450) })
        try await stage.alert(.resolved, breach)
        #expect(try await stage.report(breach, .reverted).enforcement?.code == .success)
        #expect(resources.map { fleet.knob(of: $0) } == before)
        #expect(fleet.bmc(of: "gpu-2")?.machine.powerState == "On")
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(600)))
    func killedAtRandomMomentsNothingIsLost() async throws {
        // Two in each round: one while it sheds, one while it lets go.
        let rounds = max(1, (Int(ProcessInfo.processInfo.environment["IMA_KILLS"] ?? "") ?? 20) / 2)
        // A feed of its own each round: one that flaps has its hold-down doubled every time.
        let stage = try await Stage(inventory: Stage.inventory.replacing("feeds: [main-a]", with: "protected: false"))
        let fleet = stage.fleet
        let before = resources.map { fleet.knob(of: $0) }
        var random = SeededGenerator(seed: 42)
        for round in 0..<rounds {
            for bmc in fleet.bmcs { bmc.latency = .milliseconds(Int.random(in: 0...60, using: &random)) }
            try await stage.startAgent()
            let breach = try Stage.newBreach()
            try await stage.alert(.active, breach, hints(900), feed: "feed-\(round)")
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...700, using: &random)))
            await stage.stopAgent(SIGKILL)
            try await stage.startAgent()
            _ = try await stage.report(breach, .applied) { $0.results.count == 13 && $0.code == .success }
            #expect(resources.allSatisfy { fleet.limit(of: $0) == ($0.hasPrefix("cpu") ? 900 : 450) }, "round \(round)")
            try await stage.alert(.resolved, breach, feed: "feed-\(round)")
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...1500, using: &random)))
            await stage.stopAgent(SIGKILL)
            try await stage.startAgent()
            #expect(
                try await eventually(within: .seconds(60)) { resources.map { fleet.knob(of: $0) } == before },
                "round \(round)\n\(stage.log.suffix(2000))")
            #expect(try await eventually { fleet.bmc(of: "gpu-2")?.machine.powerState == "On" }, "round \(round)")
            #expect(try await stage.report(breach, .reverted).enforcement?.code == .success)
            await stage.stopAgent()
        }
        // No event has two contents under one id, and every one verified.
        let contents = Dictionary(grouping: stage.ledger.all, by: \.event.id)
        #expect(contents.values.allSatisfy { copies in copies.allSatisfy { $0.payload == copies[0].payload } })
        #expect(stage.ledger.all.allSatisfy { $0.doubt == nil })
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(2)))
    func theEventArrivesAlthoughTheBrokerWasAway() async throws {
        let stage = try await Stage(enforcement: ", report_after: 500ms")
        let breach = try await stage.capWhileTheBrokerIsAway()
        #expect(try await eventually { await stage.readiness() == 503 })
        try await Task.sleep(for: .seconds(2))
        // What the outbox holds now is what has to arrive.
        let waiting = try #require(OutboxFile.ids(stage.folder.path("ima.sqlite")).last)
        try await stage.broker.start()
        let ledger = stage.ledger
        #expect(try await eventually { ledger.all.contains { $0.event.id.text == waiting } })
        #expect(try await stage.report(breach, .applied).enforcement?.code == .success)
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(2)))
    func aGracefulStopLeavesHoldsAndTheNextStartGoesOn() async throws {
        let stage = try await Stage()
        try await stage.startAgent()
        let breach = try Stage.newBreach()
        try await stage.alert(.active, breach, hints(900))
        _ = try await stage.report(breach, .applied) { $0.results.count == 13 }
        await stage.stopAgent()
        #expect(stage.fleet.limit(of: "cpu-1") == 900)
        #expect(stage.fleet.bmcs.allSatisfy { $0.openSessions == 0 })
        // Resolved while nobody listens: the broker keeps it for the agent's session.
        try await stage.alert(.resolved, breach)
        try await stage.startAgent()
        #expect(try await stage.report(breach, .reverted).enforcement?.code == .success)
        #expect(stage.fleet.limit(of: "cpu-1") != 900)
        await stage.tearDown()
    }
}

extension CrashScenarios {
    @Test(.timeLimit(.minutes(2)))
    func aStopWaitsForNoSickBMCLongerThanItMay() async throws {
        let stage = try await Stage()
        let slow = stage.folder.read("ima.yaml").replacing("request_timeout: 3s", with: "request_timeout: 60s")
        try stage.folder.write(slow + "\nshutdown_timeout: 2s\n", to: "ima.yaml")
        let (well, sick) = (stage.fleet.bmc(of: "cpu-1"), stage.fleet.bmc(of: "cpu-2"))
        sick?.latency = .seconds(90)
        try await stage.startAgent()
        let breach = try Stage.newBreach()
        try await stage.alert(
            .active, breach, ["cpu-1", "cpu-2"].map { MainJobScenarios.hint($0, .node, watts: 900) })
        #expect(try await eventually { stage.fleet.limit(of: "cpu-1") == 900 })
        try await Task.sleep(for: .milliseconds(500))
        let start = ContinuousClock.now
        await stage.stopAgent()
        #expect(ContinuousClock.now - start < .seconds(30))
        #expect(stage.log.contains("stopped; holds kept"))
        #expect(well?.openSessions == 0)
        // And the next start goes on with both.
        sick?.latency = .zero
        try await stage.startAgent()
        #expect(try await stage.report(breach, .applied) { $0.code == .success }.enforcement?.results.count == 2)
        await stage.tearDown()
    }
}

/// A generator that repeats itself: a failing round can be played again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        var word = state
        word ^= word >> 33
        word = word &* 0xFF51_AFD7_ED55_8CCD
        return word ^ word >> 33
    }
}
