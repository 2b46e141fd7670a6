import FleetSimulator
import Foundation
import PowerEvents
import TestSupport
import Testing

/// A broker that goes away, forgets, dawdles, repeats itself and promises less than was asked of it: every accepted
/// alert is enforced and answered all the same.
@Suite(.serialized)
struct BrokerScenarios {
    private let hints = (1...4).map { MainJobScenarios.hint("cpu-\($0)", .node, watts: 900) }

    private func wholeJob(_ stage: Stage, feed: String = "main-a", within limit: Duration = .seconds(30)) async throws {
        let breach = try Stage.newBreach()
        try await stage.alert(.active, breach, hints, feed: feed)
        #expect(try await stage.report(breach, .applied, within: limit).enforcement?.code == .success)
        #expect((1...4).allSatisfy { stage.fleet.limit(of: "cpu-\($0)") == 900 })
        try await stage.alert(.resolved, breach, feed: feed)
        #expect(try await stage.report(breach, .reverted, within: limit).enforcement?.code == .success)
        #expect((1...4).allSatisfy { stage.fleet.limit(of: "cpu-\($0)") == nil })
    }

    @Test(.timeLimit(.minutes(2)))
    func aBrokerThatForgotItsSessions() async throws {
        let stage = try await Stage()
        try await stage.startAgent()
        let breach = try Stage.newBreach()
        try await stage.alert(.active, breach, hints)
        _ = try await stage.report(breach, .applied)
        await stage.broker.stop()
        try stage.broker.forget()
        #expect(try await eventually { await stage.readiness() == 503 })
        try await stage.broker.start()
        // Subscribed anew, and the present state told again under the id it had.
        #expect(try await eventually { await stage.readiness() == 200 })
        try await stage.connected()
        try await stage.alert(.resolved, breach)
        #expect(try await stage.report(breach, .reverted).enforcement?.code == .success)
        #expect(stage.fleet.limit(of: "cpu-1") == nil)
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(2)), arguments: [0, 1])
    func lowerQualityOfService(qos: Int) async throws {
        let stage = try await Stage(qos: qos)
        try await stage.startAgent()
        try await wholeJob(stage)
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(2)))
    func aSlowLineInSmallPieces() async throws {
        let stage = try await Stage(line: (.milliseconds(20), 64))
        try await stage.startAgent()
        try await wholeJob(stage, within: .seconds(60))
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(2)))
    func repetitionsAreAnsweredAndChangeNothing() async throws {
        let stage = try await Stage()
        try await stage.startAgent()
        let breach = try Stage.newBreach()
        let event = try await stage.alert(.active, breach, hints)
        let first = try await stage.report(breach, .applied)
        let writes = stage.fleet.bmc(of: "cpu-1")?.writes.count
        for _ in 0..<3 { try await stage.powerAgent.publish(event) }
        // The latest report again, under its id.
        let ledger = stage.ledger
        #expect(try await eventually { ledger.all.count { $0.event.id == first.event.id } >= 2 })
        #expect(stage.fleet.bmc(of: "cpu-1")?.writes.count == writes)
        try await stage.alert(.resolved, breach)
        _ = try await stage.report(breach, .reverted)
        // Late, doubled and in the wrong order: what is over stays over.
        try await stage.powerAgent.publish(event)
        try await stage.alert(.escalated, breach, hints)
        try await stage.alert(.resolved, breach)
        #expect(try await eventually { try stage.command("history", "--refused").output.contains("breach_resolved") })
        #expect((1...4).allSatisfy { stage.fleet.limit(of: "cpu-\($0)") == nil })
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(3)))
    func restartsInTheMiddleOfEverything() async throws {
        let stage = try await Stage(enforcement: ", report_after: 500ms")
        for bmc in stage.fleet.bmcs { bmc.latency = .milliseconds(40) }
        try await stage.startAgent()
        for round in 0..<3 {
            let breach = try Stage.newBreach()
            try await stage.alert(.active, breach, hints, feed: "main-a")
            try await Task.sleep(for: .milliseconds(30 + 150 * round))
            await stage.broker.stop()
            try await stage.broker.start()
            _ = try await stage.report(breach, .applied) { $0.code == .success && $0.results.count == 4 }
            try await stage.connected()
            try await stage.alert(.resolved, breach)
            try await Task.sleep(for: .milliseconds(500))
            await stage.broker.stop()
            try await stage.broker.start()
            #expect(try await stage.report(breach, .reverted, within: .seconds(60)).enforcement?.code == .success)
            try await stage.connected()
        }
        #expect((1...4).allSatisfy { stage.fleet.limit(of: "cpu-\($0)") == nil })
        let contents = Dictionary(grouping: stage.ledger.all, by: \.event.id)
        #expect(contents.values.allSatisfy { copies in copies.allSatisfy { $0.payload == copies[0].payload } })
        await stage.tearDown()
    }
}
