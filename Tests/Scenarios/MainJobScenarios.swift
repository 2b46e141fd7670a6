import FleetSimulator
import Foundation
import PowerEvents
import StrictJSON
import TestSupport
import Testing

/// The main job from outside: the real program, broker, journal and TLS.
@Suite(.serialized)
struct MainJobScenarios {
    static func hint(
        _ id: String, _ type: ResourceType, _ action: ShedAction = .powerCap, priority: Int = 1, watts: Int? = nil,
        unit: PowerUnit = .watt
    ) -> ShedHint {
        ShedHint(
            resourceID: id, resourceType: type, action: action, priority: priority,
            targetPower: watts.map { PowerQuantity(watts: Watts($0), unit: unit) })
    }

    @Test(.timeLimit(.minutes(2)))
    func nodesGPUsAndChassisAreShedAndPutBack() async throws {
        let stage = try await Stage()
        try await stage.startAgent()
        let fleet = stage.fleet
        let resources = ["gpu-1", "gpu-1-gpu2", "hgx-1", "cpu-1", "cpu-2", "store", "cpu-3"]
        let before = resources.map { fleet.knob(of: $0) }
        let breach = try Stage.newBreach()
        let alert = try await stage.alert(
            .active, breach,
            [
                Self.hint("gpu-1-gpu2", .gpu, watts: 450), Self.hint("gpu-1", .node, watts: 1000, unit: .kilowatt),
                Self.hint("hgx-1", .chassis, priority: 2, watts: 1000),
                Self.hint("cpu-1", .node, .throttle, priority: 2),
                Self.hint("cpu-2", .node, .throttle, priority: 2), Self.hint("store", .node, watts: 900),
                Self.hint("cpu-3", .node, .suspend, priority: 3), Self.hint("login", .node, .suspend),
                Self.hint("store", .node, .suspend), Self.hint("nobody", .node), Self.hint("store", .node, watts: 800),
            ], severity: .warning)
        let sighting = try await stage.report(breach, .applied) { $0.results.count == 11 }
        let report = try #require(sighting.enforcement)
        #expect(sighting.doubt == nil)
        #expect(report.code == .partial)
        #expect(
            report.results.map(\.code) == [
                .applied, .applied, .applied, .applied, .applied, .applied, .applied, .skipped, .skipped, .skipped,
                .skipped,
            ], "\(report.results.map { $0.message ?? "" })")
        #expect(fleet.limit(of: "gpu-1-gpu2") == 450)
        // Raised to the floor, and said so in the hint's unit.
        #expect(fleet.limit(of: "gpu-1") == 3200)
        #expect(report.results[1].appliedPower == PowerQuantity(watts: Watts(3200), unit: .kilowatt))
        #expect(fleet.bmc(of: "cpu-3")?.machine.powerState == "Off")
        for result in report.results {
            guard let applied = result.appliedPower else { continue }
            #expect(fleet.limit(of: result.resourceID) == applied.watts.wholeWatts)
        }
        // One trace, a new span, and the contract's names.
        #expect(sighting.event.trace?.traceID == alert.trace?.traceID)
        #expect(sighting.event.trace?.spanID != alert.trace?.spanID)
        #expect(sighting.event.correlationID == breach)
        #expect(sighting.event.subject == "powerbreach")
        #expect(sighting.topic == "grid/v1/infra/ima-test/powerbreach/enforcement")

        try await stage.alert(.resolved, breach)
        let reverted = try await stage.report(breach, .reverted)
        #expect(reverted.enforcement?.code == .success)
        #expect(resources.map { fleet.knob(of: $0) } == before)
        #expect(fleet.bmc(of: "cpu-3")?.machine.powerState == "On")
        #expect(fleet.bmc(of: "login")?.writes.isEmpty == true)
        let metrics = await stage.page("/metrics").body
        #expect(metrics.contains("ima_alerts_accepted_total{status=\"active\"} 1"))
        #expect(metrics.contains("ima_outcomes_total{code=\"applied\",action=\"reverted\"} 7"))
        #expect(metrics.contains("ima_redfish_request_duration_seconds_bucket"))
        await stage.stopAgent()
        // One request at a time, and no session left behind.
        #expect(fleet.bmcs.allSatisfy { $0.maximumRequestsAtOnce <= 1 })
        #expect(fleet.bmcs.allSatisfy { $0.openSessions == 0 })
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(2)))
    func aBMCThatIgnoresTheWriteIsFailedAndOneThatHangsDelaysNobody() async throws {
        let stage = try await Stage(enforcement: ", report_after: 4s", requestTimeout: "10s")
        try await stage.startAgent()
        stage.fleet.bmc(of: "cpu-1")?.faults = [.ignoreWrites]
        stage.fleet.bmc(of: "cpu-2")?.faults = [.hang]
        stage.fleet.bmc(of: "cpu-4")?.faults = [.applyThenFail]
        let breach = try Stage.newBreach()
        try await stage.alert(
            .active, breach, (1...8).map { Self.hint("cpu-\($0)", .node, watts: 900) })
        let fleet = stage.fleet
        #expect(
            try await eventually {
                ([3, 4, 5, 6, 7, 8] as [Int]).allSatisfy { fleet.limit(of: "cpu-\($0)") == 900 }
            })
        let ledger = stage.ledger
        let partial = try #require(
            try await eventually { ledger.all.first?.enforcement != nil } ? ledger.all.first?.enforcement : nil)
        #expect(partial.code == .partial)
        #expect(partial.diagnosticMessage?.contains("2 still in progress") == true)
        let report = try #require(try await stage.report(breach, .applied, within: .seconds(60)).enforcement)
        let failed = report.results.filter { $0.code == .failed }
        #expect(failed.map(\.resourceID) == ["cpu-1", "cpu-2"])
        #expect(failed[0].message?.contains("accepted the write") == true)
        #expect(failed[1].message?.contains("unreachable after 1 retry") == true)
        #expect(report.results.filter { $0.code == .applied }.count == 6)
        await stage.tearDown()
    }

    /// One connection a BMC and four requests in flight over all, then two connections a BMC; each session is closed.
    @Test(.timeLimit(.minutes(2)), arguments: [(1, 4), (2, 64)])
    func noMoreRequestsThanMayBeAtOnce(connections: Int, inFlight: Int) async throws {
        let stage = try await Stage(
            redfish: ", workers: 2, connections_per_bmc: \(connections), max_in_flight: \(inFlight)")
        let fleet = stage.fleet
        for bmc in fleet.bmcs { bmc.latency = .milliseconds(20) }
        try await stage.startAgent()
        let breach = try Stage.newBreach()
        let gpus = (1...2).flatMap { node in (0...3).map { Self.hint("gpu-\(node)-gpu\($0)", .gpu, watts: 450) } }
        try await stage.alert(
            .active, breach, gpus + (1...8).map { Self.hint("cpu-\($0)", .node, watts: 900) })
        let report = try #require(try await stage.report(breach, .applied).enforcement)
        #expect(report.code == .success)
        try await stage.alert(.resolved, breach)
        _ = try await stage.report(breach, .reverted)
        await stage.stopAgent()
        #expect(fleet.bmcs.map(\.maximumRequestsAtOnce).max() == connections)
        #expect(fleet.gauge.most <= inFlight)
        #expect(fleet.gauge.most > 1)
        #expect(fleet.bmcs.allSatisfy { $0.openSessions == 0 })
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(2)))
    func aHoldIsWatchedAndAForeignChangeIsRespected() async throws {
        let stage = try await Stage()
        // Long enough for the second change to come before the release, on a busy machine too.
        try stage.folder.write(
            stage.folder.read("ima.yaml").replacing("hold_down: 500ms", with: "hold_down: 6s"), to: "ima.yaml")
        try await stage.startAgent()
        let fleet = stage.fleet
        let breach = try Stage.newBreach()
        try await stage.alert(
            .active, breach, [Self.hint("gpu-1-gpu0", .gpu, watts: 450), Self.hint("gpu-1-gpu1", .gpu, watts: 450)])
        _ = try await stage.report(breach, .applied)
        fleet.bmc(of: "gpu-1")?.tamper { $0.gpus["GPU_SXM_1"]?.setPoint = 700 }
        #expect(try await eventually { fleet.limit(of: "gpu-1-gpu0") == 450 })
        try await stage.alert(.resolved, breach)
        fleet.bmc(of: "gpu-1")?.tamper { $0.gpus["GPU_SXM_2"]?.setPoint = 333 }
        let report = try #require(try await stage.report(breach, .reverted).enforcement)
        #expect(fleet.limit(of: "gpu-1-gpu0") == 700)
        #expect(fleet.limit(of: "gpu-1-gpu1") == 333)
        #expect(report.results.map(\.code) == [.applied, .skipped])
        #expect(report.results[1].message?.contains("333 W") == true)
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(2)))
    func onlyTheTrustedBMCIsSpokenTo() async throws {
        let stage = try await Stage()
        let trusted = stage.folder.read("site.yaml")
        let inventory =
            trusted
            .replacing("- { id: store, bmc: \"", with: "- { id: store, bmc: { tls: { pin: \(stage.pin) }, url: \"")
            .replacing("- { id: login, bmc: \"", with: "- { id: login, bmc: { tls: { pin: \(Self.wrongPin) }, url: \"")
            .replacing("\", chassis: rack-1, protected: true", with: "\" }, chassis: rack-1")
            .replacing("\", chassis: rack-1, allow", with: "\" }, chassis: rack-1, allow")
        try stage.folder.write(inventory, to: "site.yaml")
        try await stage.startAgent()
        let breach = try Stage.newBreach()
        try await stage.alert(
            .active, breach,
            [Self.hint("store", .node, watts: 900), Self.hint("login", .node, watts: 900)])
        let report = try #require(try await stage.report(breach, .applied).enforcement)
        #expect(report.results.map(\.code) == [.applied, .failed], "\(report.results)")
        #expect(report.results[1].message?.hasPrefix("TLS") == true)
        #expect(stage.fleet.limit(of: "store") == 900)
        #expect(stage.fleet.bmc(of: "login")?.openSessions == 0)
        await stage.tearDown()
    }

    private static let wrongPin = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

    @Test(.timeLimit(.minutes(2)))
    func aRepeatedEventIsAnsweredWithTheSameEvent() async throws {
        let stage = try await Stage()
        try await stage.startAgent()
        let breach = try Stage.newBreach()
        let event = try await stage.alert(.active, breach, [Self.hint("cpu-1", .node, watts: 900)])
        let first = try await stage.report(breach, .applied)
        let writes = stage.fleet.bmc(of: "cpu-1")?.writes.count
        try await stage.powerAgent.publish(event)
        let ledger = stage.ledger
        #expect(try await eventually { ledger.all.count { $0.event.id == first.event.id } == 2 })
        #expect(stage.fleet.bmc(of: "cpu-1")?.writes.count == writes)
        let copies = ledger.all.filter { $0.event.id == first.event.id }
        #expect(copies.allSatisfy { $0.payload == first.payload })
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(2)))
    func hostileEventsChangeNothingAndAreCounted() async throws {
        let stage = try await Stage()
        try await stage.startAgent()
        let breach = try Stage.newBreach()
        let hints = [Self.hint("cpu-1", .node, watts: 900)]
        let good = try stage.powerAgent.event(
            .breachAlert, stage.payload(.active, breach, hints, .critical).json, time: Stage.now)
        var unsigned = good
        unsigned.data = .unsigned(stage.payload(.active, breach, hints, .critical).json)
        var stale = good
        stale.time = Stage.now - .seconds(4 * 3600)
        var forged = good
        if case .signed(let token) = good.data { forged.data = .signed(String(token.dropLast(6)) + "AAAAAA") }
        for event in [unsigned, stale, forged] { try await stage.powerAgent.publish(event) }
        let counted: @Sendable () async -> Bool = {
            let page = await stage.page("/metrics").body
            return ["unsigned", "stale", "bad_signature"].allSatisfy {
                page.contains("ima_alerts_refused_total{reason=\"\($0)\"} 1")
            }
        }
        #expect(try await eventually { await counted() })
        #expect(stage.fleet.bmcs.allSatisfy { $0.writes.isEmpty })
        try await stage.powerAgent.publish(good)
        #expect(try await stage.report(breach, .applied).enforcement?.code == .success)
        await stage.tearDown()
    }
}
