import FleetSimulator
import Foundation
import PowerEvents
import StrictJSON
import TestSupport
import Testing

/// What is said of caps that are met through what is inside: against what the machines themselves hold and draw.
@Suite(.serialized)
struct BudgetTruthScenarios {
    private static let inventory = """
        credentials: { bmc: { username: ima, password_file: bmc-password } }
        defaults: { bmc: { credentials: bmc, tls: { ca: bmc-ca.pem } } }
        chassis:
          - { id: rack-1, feeds: [main-a] }
        nodes:
          - id: em-[1-2]
            bmc: https://127.78.1.[1-2]:PORT
            chassis: rack-1
            gpus: { id: "{node}-gpu[0-3]", processor: "GPU_SXM_[1-4]" }
          - { id: "cpu-[1-2]", bmc: "https://127.78.1.[11-12]:PORT", chassis: rack-1, floor: 300W }
          - { id: managed, bmc: "https://127.78.1.20:PORT", node_manager: true }
        """

    private func stage(_ enforcement: String = "") async throws -> Stage {
        let stage = try await Stage(
            enforcement: ", settle_time: 3s, meter_every: 1s" + enforcement, redfish: ", patrol_every: 2s",
            inventory: Self.inventory,
            personalities: [
                "em-1": .nvidiaB200EM, "em-2": .nvidiaB200EM, "cpu-1": .openBMC, "cpu-2": .lenovoXCC,
                "managed": .nvidiaDGXH100,
            ])
        for bmc in stage.fleet.bmcs { bmc.work { draw, _ in (draw.lag, draw.wander) = (0.5, 0) } }
        return stage
    }

    private static let gpus = (1...2).flatMap { node in (0...3).map { "em-\(node)-gpu\($0)" } }

    private func knobs(_ stage: Stage) -> [PowerKnob?] {
        (Self.gpus + ["cpu-1", "cpu-2"]).map { stage.fleet.knob(of: $0) }
    }

    private func watts(_ stage: Stage, _ id: String) -> Double { stage.fleet.watts(of: id) ?? 0 }

    private func power(_ stage: Stage, _ breach: UUIDText) -> JSONValue? {
        guard let output = try? stage.command("status", "--json").output,
            let status = try? JSONValue(parsing: Array(output.utf8))
        else { return nil }
        return status["breaches"]?.array?.first { $0["id"]?.string == breach.text }?["power"]
    }

    /// Waits until the patrol has metered every machine of the rack.
    private func metered(_ stage: Stage) async throws {
        #expect(
            try await eventually(within: .seconds(40)) {
                let line = await stage.page("/metrics").body.split(separator: "\n")
                    .first { $0.hasPrefix("ima_power_watts{feed=\"main-a\"}") }
                let shown = line?.split(separator: " ").last.flatMap { Double($0) } ?? 0
                let drawn = watts(stage, "rack-1")
                return abs(shown - drawn) < 0.02 * drawn
            })
    }

    @Test(.timeLimit(.minutes(3)))
    func whatIsMeasuredIsWhatTheMachinesShed() async throws {
        let stage = try await stage()
        try await stage.startAgent()
        try await metered(stage)
        let before = watts(stage, "rack-1")
        let breach = try Stage.newBreach()
        try await stage.alert(
            .active, breach, [MainJobScenarios.hint("rack-1", .chassis, watts: Int(before * 0.75))])
        let report = try await stage.report(breach, .applied) { $0.code == .success }
        #expect(report.enforcement?.results.count == 1)
        // Machines wander, and meters are read once a second: the numbers meet when both have settled.
        let isNear: @Sendable () -> Bool = {
            let shed = before - watts(stage, "rack-1")
            guard let power = power(stage, breach), let measured = power["measured_watts"]?.number?.double else {
                return false
            }
            return shed > 0.2 * before && abs(measured - shed) <= 0.05 * shed
                && (power["coverage"]?.number?.double ?? 0) > 0.95
        }
        #expect(
            try await eventually(within: .seconds(60)) { isNear() },
            "\(before - watts(stage, "rack-1")) W: \(String(describing: power(stage, breach)))")
        // A machine that is not measured any more is not counted as if it were.
        stage.fleet.bmc(of: "em-1")?.faults = [Fault(.meterGone)]
        #expect(
            try await eventually(within: .seconds(40)) {
                (power(stage, breach)?["coverage"]?.number?.double ?? 1) < 0.8
            }, "\(String(describing: power(stage, breach)))")
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(3)))
    func aRestThatRisesIsTakenFromTheGPUs() async throws {
        let stage = try await stage()
        try await stage.startAgent()
        try await metered(stage)
        let breach = try Stage.newBreach()
        let target = Int(watts(stage, "em-1") * 0.85)
        try await stage.alert(.active, breach, [MainJobScenarios.hint("em-1", .node, watts: target)])
        _ = try await stage.report(breach, .applied) { $0.code == .success }
        #expect(try await eventually(within: .seconds(40)) { watts(stage, "em-1") <= Double(target) })
        stage.fleet.bmc(of: "em-1")?.work { draw, _ in draw.rest += 300 }
        #expect(try await eventually { watts(stage, "em-1") > Double(target) })
        #expect(
            try await eventually(within: .seconds(60)) { watts(stage, "em-1") <= Double(target) },
            "\(watts(stage, "em-1")) W of \(target)")
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(3)))
    func aMemberThatFailsIsNamedAndNothingIsAppliedThatIsNot() async throws {
        let stage = try await stage(", deadline: 6s")
        try await stage.startAgent()
        try await metered(stage)
        let before = knobs(stage)
        stage.fleet.bmc(of: "em-1")?.faults = [Fault(.status(400, retryAfter: nil), on: ["PATCH"], path: "GPU_SXM_3")]
        let breach = try Stage.newBreach()
        try await stage.alert(
            .active, breach, [MainJobScenarios.hint("rack-1", .chassis, watts: Int(watts(stage, "rack-1") * 0.7))])
        let report = try await stage.report(breach, .applied, within: .seconds(60)) { $0.results.count == 1 }
        let result = try #require(report.enforcement?.results.first)
        #expect(result.code == .failed)
        #expect(result.message?.contains("em-1-gpu2") == true, "\(result.message ?? "")")
        #expect(stage.fleet.knob(of: "em-1-gpu2") == before[2])
        stage.fleet.bmc(of: "em-1")?.faults = []
        try await stage.alert(.resolved, breach)
        let reverted = try await stage.report(breach, .reverted, within: .seconds(60)) { $0.code == .success }
        #expect(reverted.enforcement?.results.count == 1, "\(String(describing: reverted.enforcement))")
        #expect(knobs(stage) == before)
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(5)))
    func killedAtAnyMomentEveryMemberComesBack() async throws {
        let stage = try await stage()
        let before = knobs(stage)
        var random = SeededGenerator(seed: 16)
        for round in 0..<4 {
            for bmc in stage.fleet.bmcs { bmc.latency = .milliseconds(Int.random(in: 0...40, using: &random)) }
            try await stage.startAgent()
            let breach = try Stage.newBreach()
            let hints = [
                MainJobScenarios.hint("rack-1", .chassis, watts: 9000),
                MainJobScenarios.hint("em-2", .node, priority: 2, watts: 3600),
                MainJobScenarios.hint("managed", .node, priority: 3, watts: 6000),
            ]
            try await stage.alert(.active, breach, hints)
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...900, using: &random)))
            await stage.stopAgent(SIGKILL)
            try await stage.startAgent()
            _ = try await stage.report(breach, .applied, within: .seconds(60)) { $0.results.count == 3 }
            try await stage.alert(.resolved, breach)
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...1500, using: &random)))
            await stage.stopAgent(SIGKILL)
            try await stage.startAgent()
            #expect(
                try await stage.report(breach, .reverted, within: .seconds(60)).enforcement?.code == .success,
                "round \(round)")
            #expect(knobs(stage) == before, "round \(round)")
            let manager = stage.fleet.bmc(of: "managed")?.machine.nodeManager
            #expect(manager?.policies.isEmpty == true, "round \(round): \(String(describing: manager))")
            #expect(manager?.isEnabled == false && manager?.domains.allSatisfy { !$0.isEnabled } == true)
            await stage.stopAgent()
        }
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(3)))
    func nodeManagerKeepsOurCapAndIsPutBackAsItWas() async throws {
        let stage = try await stage()
        let bmc = try #require(stage.fleet.bmc(of: "managed"))
        let foreign = NodeManager.Policy(id: "theirs", limit: 9000)
        #expect(bmc.plant(foreign))
        try await stage.startAgent()
        let before = bmc.machine.nodeManager
        let breach = try Stage.newBreach()
        try await stage.alert(.active, breach, [MainJobScenarios.hint("managed", .node, watts: 6000)])
        let report = try await stage.report(breach, .applied) { $0.results.first?.code == .applied }
        #expect(report.enforcement?.code == .success)
        let policies = bmc.machine.nodeManager?.policies ?? []
        #expect(policies.contains(foreign), "somebody else's is as it was")
        let own = try #require(policies.first { $0.id != "theirs" })
        #expect(own.limit == 6000)
        #expect(own.storage == "Volatile")
        #expect(own.exception == "NoAction")
        #expect(bmc.machine.nodeManager?.isEnabled == true)
        try await stage.alert(.resolved, breach)
        #expect(try await stage.report(breach, .reverted).enforcement?.code == .success)
        #expect(bmc.machine.nodeManager == before)
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(3)))
    func loadComesBackNoFasterThanItsRate() async throws {
        // 1 kW a second.
        let stage = try await stage(", max_rate: 60kW/min")
        try await stage.startAgent()
        try await metered(stage)
        let nodes = ["em-1", "em-2", "cpu-1", "cpu-2"]
        let (before, full) = (watts(stage, "rack-1"), nodes.map { watts(stage, $0) })
        let breach = try Stage.newBreach()
        try await stage.alert(.active, breach, [MainJobScenarios.hint("rack-1", .chassis, watts: Int(before * 0.6))])
        #expect(try await eventually(within: .seconds(40)) { watts(stage, "rack-1") <= before * 0.6 })
        let capped = nodes.map { watts(stage, $0) }
        try await stage.alert(.resolved, breach)
        var seen: [(at: ContinuousClock.Instant, watts: Double)] = []
        let ledger = stage.ledger
        let end = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < end {
            seen.append((.now, watts(stage, "rack-1")))
            let isOver = ledger.all.contains {
                $0.enforcement?.breachID == breach && $0.enforcement?.action == .reverted
                    && $0.enforcement?.code == .success
            }
            if isOver { break }
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(try await stage.report(breach, .reverted).enforcement?.code == .success)
        let lead = seen.indices.flatMap { first in
            seen[first...].map { $0.watts - seen[first].watts - 1000 * ($0.at - seen[first].at).seconds }
        }
        let machine = zip(full, capped).map { $0 - $1 }.max() ?? 0
        #expect(
            (lead.max() ?? 0) < machine,
            "above the rate by \(lead.max() ?? 0) W, and no machine has more than \(machine) W")
        await stage.tearDown()
    }
}

extension Duration {
    fileprivate var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
