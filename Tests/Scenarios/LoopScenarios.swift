import FleetSimulator
import Foundation
import GridSimulator
import JOSE
import OpenSSL
import PowerEvents
import StrictJSON
import TestSupport
import Testing

/// The whole loop with all its programs: ISV, power agent, `ima`, a fleet with physics and a broker.
@Suite(.serialized)
struct LoopScenarios {
    private static let python = LoopRun.root.appendingPathComponent(".build/interop/bin/python").path

    /// Every message by other people's libraries; and where `IMA_ASYNCAPI` names the contract's own file, against that.
    private func interop(_ run: LoopRun) throws {
        guard FileManager.default.isExecutableFile(atPath: Self.python) else { return }
        let script = LoopRun.root.appendingPathComponent("Tests/Interop/interop.py").path
        let contract = ProcessInfo.processInfo.environment["IMA_ASYNCAPI"].map { [$0] } ?? []
        let result = try ChildProcess.run(
            Self.python,
            [script, "capture", "jwcrypto", run.folder.path("keys.json"), run.folder.path("events.jsonl")] + contract)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == "\(run.messages.count) verified and valid\n")
    }

    /// Our own agent, power agent and ISV, judged as somebody else's would be.
    private func conform(_ run: LoopRun, _ role: String) throws {
        let result = try LoopRun.gridsim(
            "conform", "--role", role, "--jwks", run.folder.path("keys.json"), "--capture",
            run.folder.path("events.jsonl"))
        #expect(result.status == 0, "\(result.output)\(result.errors)")
    }

    @Test(.timeLimit(.minutes(4))) func theLoopIsClosed() async throws {
        let run = try await LoopRun("loop", pace: 3)
        #expect(run.status == 0, "\(run.errors)")
        let keys = ["broker_port", "feeds", "events", "keys", "samples", "picture", "time_to_compliance_s", "breaches"]
        #expect(run.json.object?.keys == keys)
        #expect(run.json["feeds"] == ["main-a"] && run.json["breaches"]?.number?.int == 1)
        let time = try #require(run.json["time_to_compliance_s"]?.number?.double)
        #expect(time > 0 && time < 60)
        for path in ["events", "keys", "picture"] {
            #expect(FileManager.default.fileExists(atPath: run.json[path]?.string ?? ""))
        }
        #expect(run.leftovers == [])
        let port = try #require(run.json["broker_port"]?.number?.int)
        #expect(FreePort.isFree(port), "the broker is still there")
        try interop(run)
        for role in ["isv", "poweragent", "infra"] { try conform(run, role) }
        try samplesAgree(run)
        try pictureAgrees(run)
    }

    private func samplesAgree(_ run: LoopRun) throws {
        let samples = run.samples
        let times = samples.map(\.t)
        #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 <= 5 && $1 >= $0 })
        // The first target, and under it within 60 s; and under it again within 30 s of the alert.
        let first = try #require(samples.first { $0.target != nil })
        let target = try #require(first.target)
        let before = try #require(samples.first?.watts)
        #expect(abs(target / before - 0.7) < 0.01)
        #expect(samples.contains { $0.t >= first.t && $0.t <= first.t + 60 && $0.watts <= target })
        let begin = try #require(run.messages.first?.time)
        let alert = try #require(run.alerts.first)
        #expect(alert.alert.status == .active && alert.alert.shedHints.isEmpty == false)
        let at = (alert.at - begin).seconds
        // The samples begin with the recorder, and the first message comes a moment later.
        let after = samples.filter { $0.t >= at }
        #expect(after.contains { $0.t <= at + 31 && $0.watts <= target })
        #expect(samples.last?.target == nil && abs((samples.last?.watts ?? 0) / before - 1) < 0.1)
        // What the alert calls measured was drawn at that time, as far as meters and samples are apart.
        let measured = Double(alert.alert.measuredLoad.watts.wholeWatts)
        #expect(samples.contains { abs($0.t - at) < 3 && abs($0.watts / measured - 1) < 0.1 })
        let events = run.payloads(.powerStateStatus).compactMap { $0.json["event"]?.string }.filter { $0 != "periodic" }
        #expect(
            events == ["target_set", "start_ramp_down", "end_ramp_down", "target_set", "start_ramp_up", "end_ramp_up"])
        #expect(run.enforcements.first?.enforcement.action == .applied)
        #expect(
            run.enforcements.last?.enforcement.action == .reverted
                && run.enforcements.last?.enforcement.code == .success)
    }

    /// The picture holds a point for each sample, and a mark for each change that the events tell of.
    private func pictureAgrees(_ run: LoopRun) throws {
        let svg = run.folder.read("loop.svg")
        let points = try #require(svg.firstMatch(of: /class="power"[^>]*points="([^"]*)"/)).1.split(separator: " ")
        #expect(points.count == run.samples.count)
        let coordinates = points.map { point in point.split(separator: ",").compactMap { Double($0) } }
        #expect(coordinates.allSatisfy { $0.count == 2 })
        // More power is higher up, by one scale for all of it.
        let pairs = zip(coordinates, run.samples).map { ($0[1], $1.watts) }
        let lowest = try #require(pairs.max { $0.0 < $1.0 })
        let highest = try #require(pairs.min { $0.0 < $1.0 })
        let scale = (lowest.0 - highest.0) / (highest.1 - lowest.1)
        #expect(pairs.allSatisfy { abs(lowest.0 - ($0.1 - lowest.1) * scale - $0.0) < 1 })
        for word in [
            "feed power (kW)", "target (kW)", "caps confirmed", "breach active", "breach resolved", "put back",
        ] {
            #expect(svg.contains(word), "\(word)")
        }
        #expect(svg.components(separatedBy: "class=\"target\"").count > 2)
    }

    @Test(
        .timeLimit(.minutes(4)),
        arguments: [
            ("stale-meter", 1), ("changed-mind", 0), ("two-feeds", 2), ("broker-restart", 1), ("agent-killed", 1),
        ])
    func theLoopStaysClosed(scenario: String, most: Int) async throws {
        let run = try await LoopRun(scenario)
        #expect(run.status == 0, "\(scenario): \(run.errors)")
        #expect((run.json["breaches"]?.number?.int ?? 99) <= most)
        #expect(run.leftovers == [])
        try interop(run)
        for role in ["isv", "poweragent"] + (most > 0 ? ["infra"] : []) { try conform(run, role) }
        let last = run.enforcements.last?.enforcement
        #expect(most == 0 || last?.action == .reverted && last?.code == .success)
    }

    /// One that signs nothing is refused; one that resolves by what our own caps do is kept from flapping.
    @Test(.timeLimit(.minutes(4))) func aPowerAgentAsThePublicOne() async throws {
        let run = try await LoopRun("public-agent")
        #expect(run.status == 0, "\(run.errors)")
        let unsigned = try #require(run.alerts.first?.alert.breachID)
        #expect(!run.enforcements.contains { $0.enforcement.breachID == unsigned }, "an unsigned alert was obeyed")
        let signed = Set(run.alerts.map(\.alert.breachID)).subtracting([unsigned])
        #expect((1...2).contains(signed.count), "\(signed.count) breaches for one burst")
        for (_, alert) in run.alerts where alert.status == .active {
            #expect(alert.shedHints.map(\.resourceID) == ["main-a"] && alert.shedHints.map(\.action) == [.throttle])
        }
        #expect(run.enforcements.last?.enforcement.action == .reverted)
        // What it does against the contract is told.
        let judged = try LoopRun.gridsim(
            "conform", "--role", "poweragent", "--json", "--jwks", run.folder.path("keys.json"), "--capture",
            run.folder.path("events.jsonl"))
        #expect(judged.status == 1)
        for rule in ["signature.present", "breach.stable", "envelope.subject"] {
            #expect(judged.output.contains("\"\(rule)\""), "\(rule)")
        }
        try conform(run, "infra")
    }
}
