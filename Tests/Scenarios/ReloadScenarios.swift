import EventBus
import FleetSimulator
import Foundation
import JOSE
import OpenSSL
import PowerEvents
import StrictJSON
import TestSupport
import Testing

/// SIGHUP: what the files say is in force, all of it or none, and what is not is named.
@Suite(.serialized)
struct ReloadScenarios {
    private func change(_ stage: Stage, _ old: String, _ new: String) throws {
        let text = stage.folder.read("ima.yaml")
        #expect(text.contains(old))
        try stage.folder.write(text.replacing(old, with: new), to: "ima.yaml")
    }

    /// - Returns: what the log says from then on, once it says `words`
    @discardableResult
    private func reload(_ stage: Stage, until words: String) async throws -> String {
        let before = stage.log.count
        kill(try #require(stage.processID), SIGHUP)
        let said: @Sendable () -> String = { String(stage.log.dropFirst(before)) }
        #expect(try await eventually { said().contains(words) }, "\(said())")
        return said()
    }

    private func source(_ stage: Stage, _ name: String) throws -> (agent: SimulatedPowerAgent, source: EventSource) {
        let key = try SigningKey(PrivateKey.generate(.p256), keyID: name)
        try stage.folder.write(JWKSet([key.jwk()]).json().text, to: "\(name).json")
        let source = EventSource(role: .powerAgent, identifier: name)
        let agent = try SimulatedPowerAgent(
            source: source, key: key, bus: BusOptions(address: stage.broker.address, clientID: ""), logger: Stage.quiet)
        agent.start()
        return (agent, source)
    }

    /// Both sources raise a breach. - Returns: the other one's, which alone is obeyed
    private func breachOfTheOtherAlone(_ stage: Stage, _ other: SimulatedPowerAgent) async throws -> UUIDText {
        let refused = try Stage.newBreach()
        try await stage.alert(.active, refused, [MainJobScenarios.hint("cpu-1", .node, watts: 900)])
        let breach = try Stage.newBreach()
        let payload = stage.payload(.active, breach, [MainJobScenarios.hint("cpu-2", .node, watts: 900)], .critical)
        try await other.publish(other.event(.breachAlert, payload.json, time: Stage.now))
        _ = try await stage.report(breach, .applied)
        #expect(stage.fleet.limit(of: "cpu-2") == 900)
        #expect(stage.fleet.limit(of: "cpu-1") == nil)
        return breach
    }

    @Test(.timeLimit(.minutes(2)))
    func trustIsInForceAfterAReload() async throws {
        let stage = try await Stage()
        try await stage.startAgent()
        let (other, name) = try source(stage, "dps-other")
        defer { other.stop() }
        #expect(try await eventually { other.isConnected })
        let only = "trust: [{ source: \"\(Stage.source)\", jwks: dps.json }]"
        try change(stage, only, "trust: [{ source: \"\(name)\", jwks: dps-other.json }]")
        try await reload(stage, until: "read the configuration again")
        // The one that was taken out is refused; the one that came in is heard and accepted, without a restart.
        let breach = try await breachOfTheOtherAlone(stage, other)
        // All or nothing: a file with a mistake changes nothing, and says so.
        try change(stage, "hold_down: 500ms", "hold_down: maybe")
        try change(stage, "dps-other.json", "missing.json")
        let log = try await reload(stage, until: "the changed configuration is not used; the old one stays")
        #expect(log.contains("hold_down") && log.contains("missing.json"))
        #expect(!log.contains("read the configuration again"))
        let resolved = stage.payload(.resolved, breach, [], .critical)
        try await other.publish(other.event(.breachAlert, resolved.json, time: Stage.now))
        _ = try await stage.report(breach, .reverted)
        await stage.tearDown()
    }

    /// `{"keys":[]}` is how all keys of a source are revoked: neither a reload nor a start of the others fails on it.
    @Test(.timeLimit(.minutes(2)))
    func revokingAllKeysOfASourceLeavesTheOthersInForce() async throws {
        let stage = try await Stage()
        let (other, name) = try source(stage, "dps-other")
        defer { other.stop() }
        #expect(try await eventually { other.isConnected })
        let only = "trust: [{ source: \"\(Stage.source)\", jwks: dps.json }"
        try change(stage, only, "\(only), { source: \"\(name)\", jwks: dps-other.json }")
        try await stage.startAgent()
        try stage.folder.write(#"{"keys":[]}"#, to: "dps.json")
        let check = try stage.command("check")
        #expect(
            check.status == 0 && check.output.contains("nothing that \(Stage.source) signs is believed"), "\(check)")
        try await reload(stage, until: "read the configuration again")
        await stage.stopAgent()
        try await stage.startAgent()
        _ = try await breachOfTheOtherAlone(stage, other)
        #expect(stage.log.contains("no key of this source is left"))
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(2)))
    func theModeIsInForceAfterAReload() async throws {
        let stage = try await Stage()
        let fleet = stage.fleet
        try await stage.startAgent()
        let (held, seen) = (try Stage.newBreach(), try Stage.newBreach())
        try await stage.alert(.active, held, [MainJobScenarios.hint("cpu-1", .node, watts: 900)])
        _ = try await stage.report(held, .applied)
        try change(stage, "journal:", "mode: observe\njournal:")
        try await reload(stage, until: "read the configuration again")
        try await stage.alert(.active, seen, [MainJobScenarios.hint("cpu-2", .node, watts: 900)])
        #expect(try await eventually { stage.log.contains("would do (observe)") })
        try await stage.alert(.resolved, held)
        // Longer than hold_down and the ramp take.
        try await Task.sleep(for: .seconds(2))
        #expect(fleet.limit(of: "cpu-1") == 900, "held, as observing writes nothing")
        #expect(fleet.bmc(of: "cpu-2")?.writes.isEmpty == true)
        try change(stage, "mode: observe", "mode: enforce")
        try await reload(stage, until: "read the configuration again")
        _ = try await stage.report(held, .reverted)
        #expect(fleet.limit(of: "cpu-1") == nil)
        await stage.tearDown()
    }

    /// Observing publishes nothing, also nothing that waited for the broker since before.
    @Test(.timeLimit(.minutes(2)))
    func whatWasQueuedBeforeObservingWaitsUntilEnforce() async throws {
        let stage = try await Stage(enforcement: ", report_after: 30s")
        let breach = try await stage.capWhileTheBrokerIsAway()
        let journal = stage.folder.path("ima.sqlite")
        #expect(try await eventually { try !OutboxFile.ids(journal).isEmpty })
        try change(stage, "journal:", "mode: observe\njournal:")
        try await reload(stage, until: "read the configuration again")
        let ledger = stage.ledger
        let before = ledger.all.count
        try await stage.broker.start()
        #expect(try await eventually { await stage.readiness() == 200 })
        try await Task.sleep(for: .seconds(2))
        #expect(ledger.all.count == before, "observing publishes nothing")
        try change(stage, "mode: observe", "mode: enforce")
        try await reload(stage, until: "read the configuration again")
        #expect(try await stage.report(breach, .applied).enforcement?.code == .success)
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(2)))
    func whatNeedsARestartIsNamed() async throws {
        let stage = try await Stage()
        try await stage.startAgent()
        try change(stage, "control: ima.sock", "control: other.sock")
        try change(stage, "retries: 1", "retries: 1, workers: 3")
        for _ in 0..<2 {
            let log = try await reload(stage, until: "read the configuration again")
            #expect(log.contains("needs a restart: control.path, redfish.workers"))
        }
        #expect(!FileManager.default.fileExists(atPath: stage.folder.path("other.sock")))
        try stage.folder.write(PrivateKey.generate(.p256).pem(), to: "ima.pem")
        #expect(try await reload(stage, until: "read the configuration again").contains("redfish.workers, signing.key"))
        await stage.tearDown()
    }

    private func metric(_ stage: Stage, _ name: String) async -> Double? {
        await stage.page("/metrics").body.split(separator: "\n").first { $0.hasPrefix("\(name) ") }
            .flatMap { Double($0.dropFirst(name.count + 1)) }
    }

    /// `ima reload` is SIGHUP with an answer.
    @Test(.timeLimit(.minutes(2)))
    func theCommandSaysWhatChanged() async throws {
        let stage = try await Stage()
        let fleet = stage.fleet
        try await stage.startAgent()
        #expect(await metric(stage, "ima_config_last_reload_successful") == 1)
        let nothing = try stage.command("reload")
        #expect(nothing.status == 0 && nothing.output.contains("generation 2 is in force; nothing had changed"))
        let (other, name) = try source(stage, "dps-other")
        defer { other.stop() }
        #expect(try await eventually { other.isConnected })
        try change(stage, "trust: [{", "trust: [{ source: \"\(name)\", jwks: dps-other.json }, {")
        try change(stage, "hold_down: 500ms", "hold_down: 400ms")
        try change(stage, "journal: ima.sqlite", "journal: ima.sqlite\nmode: observe\nshutdown_timeout: 9s")
        let site = stage.folder.read("site.yaml").replacing(", allow: [power_cap]", with: "")
            .replacing("cpu-[1-8]", with: "cpu-[1-7]").replacing("[11-18]", with: "[11-17]")
        try stage.folder.write(site, to: "site.yaml")
        let expected = [
            "  mode: enforce -> observe", "  enforcement.hold_down: 500ms -> 400ms", "  sources added: \(name)",
            "  resources removed: cpu-8", "  resources changed: store", "  shutdown_timeout: 20s -> 9s",
        ]
        // What would be is told first, and changes nothing.
        let dry = try stage.command("reload", "--dry-run")
        #expect(dry.status == 0, "\(dry.errors)")
        for line in expected { #expect(dry.output.contains(line + "\n"), "\(dry.output)") }
        let before = try JSONValue(parsing: Array(stage.command("status", "--json").output.utf8))
        #expect(before["mode"] == "enforce" && before["generation"]?.number?.int == 2)
        let done = try stage.command("reload", "--reason", "change 4711")
        #expect(done.status == 0, "\(done.errors)")
        for line in expected { #expect(done.output.contains(line + "\n"), "\(done.output)") }
        let after = try JSONValue(parsing: Array(stage.command("status", "--json").output.utf8))
        #expect(after["mode"] == "observe" && after["generation"]?.number?.int == 3)
        #expect(after["configuration"]?["needs_restart"]?.array?.compactMap(\.string) == ["shutdown_timeout"])
        let kept = try stage.command("history").output
        #expect(kept.contains("command reload by "))
        #expect(kept.contains(": generation 3 is in force: ") && kept.contains("mode: enforce -> observe; "), "\(kept)")
        #expect(try stage.command("explain", "cpu-8").status == 1)

        // One mistake, and the old configuration stays as it was.
        try change(stage, "mode: observe", "mode: enforce")
        try change(stage, "hold_down: 400ms", "hold_down: maybe")
        let refused = try stage.command("reload")
        #expect(refused.status == 1 && refused.output.isEmpty)
        #expect(refused.errors.contains("ima.yaml:9: enforcement.hold_down: "), "\(refused.errors)")
        #expect(refused.errors.contains("nothing was changed; generation 3 stays in force"))
        let keptToo = try stage.command("history").output
        #expect(keptToo.contains(": refused, generation 3 stays in force: "), "\(keptToo)")
        #expect(keptToo.contains("ima.yaml:9: enforcement.hold_down: "), "\(keptToo)")
        #expect(await metric(stage, "ima_config_last_reload_successful") == 0)
        let failed = try JSONValue(parsing: Array(stage.command("status", "--json").output.utf8))
        #expect(failed["mode"] == "observe" && failed["configuration"]?["successful"] == false)
        #expect(try stage.command("status").output.contains("RELOAD FAILED"))

        // In force are the source that was added and the rule that was changed.
        try change(stage, "hold_down: maybe", "hold_down: 300ms")
        let mended = try stage.command("reload", "--json")
        #expect(mended.status == 0, "\(mended.errors)")
        let json = try JSONValue(parsing: Array(mended.output.utf8))
        #expect(json["applied"] == true && json["generation"]?.number?.int == 4)
        #expect(json["changed"]?.array?.compactMap { $0["key"]?.string } == ["enforcement.hold_down", "mode"])
        #expect(await metric(stage, "ima_config_last_reload_successful") == 1)
        let time = await metric(stage, "ima_config_last_reload_success_timestamp_seconds") ?? 0
        #expect(abs(time - Date().timeIntervalSince1970) < 60)
        let breach = try Stage.newBreach()
        let payload = stage.payload(.active, breach, [MainJobScenarios.hint("cpu-2", .node, watts: 900)], .critical)
        try await other.publish(other.event(.breachAlert, payload.json, time: Stage.now))
        _ = try await stage.report(breach, .applied)
        #expect(fleet.limit(of: "cpu-2") == 900)
        await stage.tearDown()
    }

    /// What measures messages is live too.
    @Test(.timeLimit(.minutes(2)))
    func limitsAreInForceAfterAReload() async throws {
        let stage = try await Stage()
        try await stage.startAgent()
        try change(stage, "control: ima.sock", "control: ima.sock\nlimits: { hints: 1 }")
        #expect(try stage.command("reload").output.contains("  limits.hints: 100000 -> 1\n"))
        let breach = try Stage.newBreach()
        try await stage.alert(
            .active, breach,
            [MainJobScenarios.hint("cpu-1", .node, watts: 900), MainJobScenarios.hint("cpu-2", .node, watts: 900)])
        #expect(try await eventually { stage.log.contains("refused a message") })
        #expect(stage.fleet.limit(of: "cpu-1") == nil)
        await stage.tearDown()
    }

    /// The authority of the BMCs is exchanged for another one: none of them is believed any more, over connections that
    /// were made before neither.
    @Test(.timeLimit(.minutes(2)))
    func aChangedAuthorityIsInForceAfterAReload() async throws {
        let stage = try await Stage()
        let breach = try Stage.newBreach()
        try await stage.startAgent()
        try await stage.alert(.active, breach, [MainJobScenarios.hint("cpu-1", .node, watts: 900)])
        _ = try await stage.report(breach, .applied)
        let old = stage.folder.read("bmc-ca.pem")
        try stage.folder.write(CertificateAuthority(name: "Another").certificatePEM, to: "bmc-ca.pem")
        try await reload(stage, until: "read the configuration again")
        let second = try Stage.newBreach()
        try await stage.alert(.active, second, [MainJobScenarios.hint("cpu-1", .node, watts: 800)])
        let report = try await stage.report(second, .applied)
        #expect(report.enforcement?.code == .error)
        #expect(report.enforcement?.results.first?.message?.contains("TLS") == true)
        try stage.folder.write(old, to: "bmc-ca.pem")
        try await reload(stage, until: "read the configuration again")
        #expect(try await eventually(within: .seconds(30)) { stage.fleet.limit(of: "cpu-1") == 800 })
        await stage.tearDown()
    }
}
