import EventBus
import FleetSimulator
import Foundation
import JOSE
import OpenSSL
import PowerEvents
import StrictJSON
import TestSupport
import Testing

/// Anyone who reaches the broker will try. On a real broker, against the real program.
@Suite(.serialized)
struct HostileScenarios {
    /// `ima_alerts_refused_total` by reason.
    private func refusals(_ stage: Stage) async -> [String: Int] {
        let lines = await stage.page("/metrics").body.split(separator: "\n")
        return lines.reduce(into: [:]) { counts, line in
            guard line.hasPrefix("ima_alerts_refused_total{reason=\""), let value = line.split(separator: " ").last,
                let reason = line.split(separator: "\"").dropFirst().first
            else { return }
            counts[String(reason)] = Int(value)
        }
    }

    @Test(.timeLimit(.minutes(3)))
    func nothingHostileChangesAnything() async throws {
        let stage = try await Stage()
        let fleet = stage.fleet
        let otherKey = try SigningKey(PrivateKey.generate(.p256), keyID: "other")
        let otherSource = EventSource(role: .powerAgent, identifier: "dps-other")
        try stage.folder.write(JWKSet([otherKey.jwk()]).json().text, to: "other.json")
        let configuration = stage.folder.read("ima.yaml").replacing(
            "trust: [", with: "trust: [{ source: \"\(otherSource)\", jwks: other.json }, ")
        try stage.folder.write(configuration + "\nlimits: { hints: 50 }\n", to: "ima.yaml")
        try await stage.startAgent()
        // One breach is over, one is open.
        let hint = MainJobScenarios.hint("cpu-1", .node, watts: 900)
        let (over, open) = (try Stage.newBreach(), try Stage.newBreach())
        try await stage.alert(.active, over, [hint])
        _ = try await stage.report(over, .applied)
        try await stage.alert(.resolved, over)
        _ = try await stage.report(over, .reverted)
        try await stage.alert(.active, open, [hint], feed: "main-b")
        _ = try await stage.report(open, .applied)
        let writes = fleet.bmcs.map(\.writes.count)

        let catalogue = try HostileCatalogue(
            owner: .init(source: Stage.source, key: stage.powerKey), other: .init(source: otherSource, key: otherKey),
            now: Stage.now, openBreach: open, resolvedBreach: over, hintLimit: 50)
        #expect(catalogue.items.count >= 60)
        let attacker = try BusConnection(
            BusOptions(address: stage.broker.address, clientID: ""), logger: Stage.quiet, onMessage: { _ in true })
        attacker.start()
        defer { attacker.stop() }
        #expect(try await eventually { attacker.isConnected })
        var before = await refusals(stage)
        for item in catalogue.items {
            try await attacker.publish(topic: item.topic, payload: item.bytes)
            let expected = before.merging([item.reason: 1], uniquingKeysWith: +)
            let isCounted = try await eventually(within: .seconds(10)) { await refusals(stage) == expected }
            let found = await refusals(stage).filter { before[$0.key] != $0.value }
            #expect(isCounted, "\(item.name) should be refused as \(item.reason), and was as \(found)")
            before = await refusals(stage)
        }
        print("\(catalogue.items.count) hostile messages refused, each for its reason")
        #expect(fleet.bmcs.map(\.writes.count) == writes)
        #expect(await stage.readiness() == 200)
        let count = catalogue.items.count
        #expect(
            try await eventually {
                let output = try stage.command("history", "--refused", "--limit", "1000", "--json").output
                return try JSONValue(parsing: Array(output.utf8)).array?.count == count
            })
        // What strangers wrote forges no line of the log.
        #expect(!stage.log.contains("\nFORGED"))
        // And the next good alert is obeyed.
        let good = try Stage.newBreach()
        try await stage.alert(.active, good, [MainJobScenarios.hint("cpu-8", .node, watts: 900)])
        #expect(try await stage.report(good, .applied).enforcement?.code == .success)
        #expect(fleet.limit(of: "cpu-8") == 900)
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(2)))
    func keysAreChangedWithoutAGap() async throws {
        let stage = try await Stage()
        try await stage.startAgent()
        let (first, second) = (try Stage.newBreach(), try Stage.newBreach())
        let next = try SigningKey(PrivateKey.generate(.p256), keyID: "dps-next")
        try await Task.sleep(for: .milliseconds(20))
        try stage.folder.write(JWKSet([stage.powerKey.jwk(), next.jwk()]).json().text, to: "dps.json")
        let hint = MainJobScenarios.hint("cpu-1", .node, watts: 900)
        try await stage.alert(.active, first, [hint])
        _ = try await stage.report(first, .applied)
        let successor = try SimulatedPowerAgent(
            source: Stage.source, key: next, bus: BusOptions(address: stage.broker.address, clientID: ""),
            logger: Stage.quiet)
        successor.start()
        defer { successor.stop() }
        #expect(try await eventually { successor.isConnected })
        let payload = stage.payload(.active, second, [MainJobScenarios.hint("cpu-2", .node, watts: 900)], .critical)
        try await successor.publish(successor.event(.breachAlert, payload.json, time: Stage.now))
        _ = try await stage.report(second, .applied)
        // A broken file keeps the keys and says so; then the old key goes.
        try stage.folder.write("{", to: "dps.json")
        try await successor.publish(successor.event(.breachAlert, payload.json, time: Stage.now))
        #expect(try await eventually { stage.log.contains("the changed key file is unusable; the old keys stay") })
        try await Task.sleep(for: .milliseconds(20))
        try stage.folder.write(JWKSet([next.jwk()]).json().text, to: "dps.json")
        try await stage.alert(.resolved, first)
        #expect(try await eventually { await refusals(stage)["bad_signature"] == 1 })
        #expect(stage.fleet.limit(of: "cpu-1") == 900)
        await stage.tearDown()
    }
}
