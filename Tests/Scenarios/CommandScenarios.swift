import FleetSimulator
import Foundation
import JOSE
import OpenSSL
import PowerEvents
import StrictJSON
import TestSupport
import Testing

/// The commands as users type them, and bad input: one clear line, never a crash.
@Suite(.serialized)
struct CommandScenarios {
    @Test(.timeLimit(.minutes(2)))
    func planSaysWhatWouldBeDoneAndTouchesNothing() async throws {
        let stage = try await Stage()
        let breach = try Stage.newBreach()
        let hints = [
            MainJobScenarios.hint("cpu-1", .node, watts: 900), MainJobScenarios.hint("login", .node, .suspend),
            MainJobScenarios.hint("nobody", .node),
        ]
        let payload = stage.payload(.active, breach, hints, .warning)
        let file = try stage.folder.write(payload.json.text, to: "alert.json")
        let plan = try stage.command("plan", file)
        #expect(plan.status == 0)
        let lines = plan.output.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[0].contains("cap to 900 W"))
        #expect(lines[1].contains("protected"))
        #expect(lines[2].contains("unknown resource"))
        let event = try stage.powerAgent.event(.breachAlert, payload.json, time: Stage.now)
        let whole = try stage.folder.write(event.json.text, to: "event.json")
        #expect(try stage.command("plan", whole).output == plan.output)
        var stale = event
        stale.time = Stage.now - .seconds(86_400)
        let refused = try stage.command("plan", stage.folder.write(stale.json.text, to: "stale.json"))
        #expect(refused.status == 1)
        #expect(refused.errors.contains("stale"))
        #expect(stage.fleet.bmcs.allSatisfy { $0.openSessions == 0 })
        #expect(!FileManager.default.fileExists(atPath: stage.folder.path("ima.sqlite")))
        await stage.tearDown()
    }

    @Test func checkWarnsAndIsStrictOnlyWhereItIsAskedToBe() throws {
        let folder = try TemporaryFolder()
        let key = try PrivateKey.generate(.p256)
        try folder.write(key.pem(), to: "ima.pem")
        try folder.write(JWKSet([SigningKey(key, keyID: "k").jwk()]).json().text, to: "dps.json")
        try folder.write("secret", to: "password")
        let site = """
            credentials: { bmc: { username: ima, password_file: password } }
            defaults: { bmc: { credentials: bmc } }
            nodes:
              - { id: n1, bmc: https://10.0.0.1, protected: true }
              - { id: n2, bmc: "https://10.0.0.1:443", redfish: { system: "2" } }
            """
        try folder.write(site, to: "site.yaml")
        let config = try folder.write(
            """
            agent: { id: ima-test }
            broker: { url: "mqtt://127.0.0.1:1883" }
            trust: [{ source: //grid/v1/poweragent/dps, jwks: dps.json }]
            signing: { key: ima.pem, kid: k }
            inventory: [site.yaml]
            journal: ima.sqlite
            """, to: "ima.yaml")
        func check(_ arguments: String...) throws -> (status: Int32, output: String, errors: String) {
            try ChildProcess.run(
                Stage.programs.appendingPathComponent("ima").path, ["check", "--config", config] + arguments)
        }
        let loose = try check()
        #expect(loose.status == 0)
        #expect(loose.output.hasPrefix("warning: \(folder.path("site.yaml")):4: "))
        #expect(loose.output.contains("n1 is protected, and n2 on the same BMC"))
        let strict = try check("--strict")
        #expect(strict.status == 1)
        #expect(strict.output.contains("warning: ") && strict.errors.contains("1 warning"))
        try folder.write(site.replacing("10.0.0.1:443", with: "10.0.0.2"), to: "site.yaml")
        #expect(try check("--strict").status == 0)
        try folder.write(site.replacing("10.0.0.1:443", with: "10.0.0.02"), to: "site.yaml")
        let octal = try check()
        #expect(octal.status == 1)
        #expect(octal.errors.contains("site.yaml:5: nodes[1].bmc: 10.0.0.02 has leading zeros"))
        #expect(octal.errors.split(separator: "\n").count == 1)
    }

    @Test(.timeLimit(.minutes(2)))
    func freezeAndReleaseFromTheControlSocket() async throws {
        let stage = try await Stage()
        let fleet = stage.fleet
        try await stage.startAgent()
        let breach = try Stage.newBreach()
        try await stage.alert(.active, breach, [MainJobScenarios.hint("cpu-1", .node, watts: 900)])
        _ = try await stage.report(breach, .applied)
        #expect(try stage.command("freeze").status == 0)
        #expect(try stage.command("status").output.contains("FROZEN"))
        try await stage.alert(.escalated, breach, [MainJobScenarios.hint("cpu-2", .node, watts: 900)])
        try await Task.sleep(for: .seconds(1))
        #expect(fleet.bmc(of: "cpu-2")?.writes.isEmpty == true)
        #expect(try stage.command("thaw").status == 0)
        #expect(try await eventually { fleet.limit(of: "cpu-2") == 900 })
        #expect(try stage.command("release", breach.text).status == 0)
        #expect(try await stage.report(breach, .reverted).enforcement?.code == .success)
        #expect(try stage.command("release", breach.text).status == 1)
        let mode = try FileManager.default.attributesOfItem(atPath: stage.folder.path("ima.sock"))[.posixPermissions]
        #expect(mode as? Int == 0o600)
        await stage.tearDown()
    }

    /// The socket's mode is one lock; the kernel's word on who is there is the other.
    @Test(.enabled(if: getuid() == 0, "only root can become somebody else"), .timeLimit(.minutes(2)))
    func nobodyElseCommandsTheAgent() async throws {
        let stage = try await Stage()
        try await stage.startAgent()
        let socket = stage.folder.path("ima.sock")
        let script = """
            import socket, sys
            s = socket.socket(socket.AF_UNIX)
            s.connect(sys.argv[1])
            s.sendall(b"POST /freeze HTTP/1.1\\r\\nHost: ima\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n")
            print(s.recv(4096).split()[1].decode())
            """
        func freeze(asUser user: Int) throws -> (status: Int32, output: String, errors: String) {
            try ChildProcess.run(
                "/usr/bin/setpriv",
                ["--reuid=\(user)", "--clear-groups", "/usr/bin/env", "python3", "-c", script, socket])
        }
        #expect(try freeze(asUser: 65_534).errors.contains("PermissionError"))
        try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: socket)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: stage.folder.url.path)
        #expect(try freeze(asUser: 65_534).output == "403\n")
        #expect(try !stage.command("status").output.contains("FROZEN"))
        #expect(try freeze(asUser: 0).output == "200\n")
        #expect(try stage.command("status").output.contains("FROZEN"))
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(2)))
    func historyExplainAndBackupTellWhatHappened() async throws {
        let stage = try await Stage()
        try await stage.startAgent()
        let breach = try Stage.newBreach()
        try await stage.alert(
            .active, breach, [MainJobScenarios.hint("cpu-1", .node, watts: 900), MainJobScenarios.hint("login", .node)])
        _ = try await stage.report(breach, .applied)
        let explained = try stage.command("explain", "cpu-1")
        #expect(explained.status == 0)
        #expect(explained.output.contains("power_limit: before no limit, holds 900 W, applied"), "\(explained.output)")
        #expect(explained.output.contains("of breach \(breach) on main-a, open: power_cap, cap to 900 W"))
        let json = try JSONValue(parsing: Array(stage.command("explain", "cpu-1", "--json").output.utf8))
        #expect(json["controls"]?.array?.first?["held"] == "900 W")
        #expect(try stage.command("explain", "login").output.contains("protected: never touched"))
        let nobody = try stage.command("explain", "no body")
        #expect(nobody.status == 1)
        #expect(nobody.errors.contains(#"the inventory has no "no body""#))
        let copy = stage.folder.path("copy.sqlite")
        #expect(try stage.command("backup", copy).status == 0)
        #expect(try stage.command("backup", copy).errors.contains("exists"))
        try await stage.alert(.resolved, breach)
        _ = try await stage.report(breach, .reverted)
        let lines = try stage.command("history", "--breach", breach.text).output.split(separator: "\n")
        let told = [
            "alert active", "outcome applied cpu-1", "report applied", "alert resolved", "outcome reverted cpu-1",
            "report reverted",
        ]
        for words in told { #expect(lines.contains { $0.contains(words) }, "\(words)\n\(lines)") }
        let ofResource = try JSONValue(
            parsing: Array(stage.command("history", "--resource", "cpu-1", "--json").output.utf8))
        #expect(ofResource.array?.map { $0["code"]?.string } == ["applied", "reverted"])
        await stage.stopAgent()
        // The copy was taken while the cap was held: with it the agent would put everything back.
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: stage.folder.path("ima.sqlite" + suffix))
        }
        try FileManager.default.moveItem(atPath: copy, toPath: stage.folder.path("ima.sqlite"))
        try await stage.startAgent()
        #expect(try stage.command("explain", "cpu-1").output.contains("before no limit"))
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(2)))
    func badInputIsOneClearLine() async throws {
        let stage = try await Stage()
        let ima = Stage.programs.appendingPathComponent("ima").path
        let good = stage.folder.read("ima.yaml")
        func run(_ config: String, _ command: String = "run") throws -> (status: Int32, errors: String) {
            let path = try stage.folder.write(config, to: "bad.yaml")
            let result = try ChildProcess.run(ima, [command, "--config", path])
            return (result.status, result.errors)
        }
        func expectLine(
            _ result: (status: Int32, errors: String), _ text: String, _ location: SourceLocation = #_sourceLocation
        ) {
            #expect([1, 2].contains(result.status), sourceLocation: location)
            #expect(result.errors.contains(text), "\(result.errors)", sourceLocation: location)
            #expect(!result.errors.contains("Fatal error"), sourceLocation: location)
        }
        expectLine(try run("agent: [1, 2\nb: }"), "bad.yaml:")
        expectLine(
            try run(good.replacing("hold_down", with: "hold_up")), "bad.yaml:7: enforcement.hold_up: is not a known key"
        )
        expectLine(try run(good.replacing("dps.json", with: "gone.json")), "gone.json")
        expectLine(try run(good.replacing("ima.pem", with: "dps.json")), "signing")
        try stage.folder.write("this is no database, but it is long enough to be looked at\n", to: "ima.sqlite")
        expectLine(try run(good), "ima.sqlite: the journal")
        try FileManager.default.removeItem(atPath: stage.folder.path("ima.sqlite"))
        let missing = try ChildProcess.run(ima, ["check", "--config", "/nowhere/ima.yaml"])
        #expect(missing.status == 2)
        #expect(missing.errors == "/nowhere/ima.yaml: no such file\n")
        #expect(try ChildProcess.run(ima, ["explode"]).status == 2)
        #expect(try ChildProcess.run(ima, ["plan", "--config", stage.folder.path("ima.yaml"), "/nowhere"]).status == 2)
        let listener = try SilentListener()
        defer { withExtendedLifetime(listener) {} }
        let busy = good.replacing("http: 127.0.0.1:\(stage.httpPort)", with: "http: 127.0.0.1:\(listener.port)")
        expectLine(try run(busy), "cannot listen: Address already in use")
        #expect(try ChildProcess.run(ima, ["check", "--config", stage.folder.path("ima.yaml")]).status == 0)
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(1)))
    func keysAreMadeOnceAndShown() throws {
        let folder = try TemporaryFolder()
        let ima = Stage.programs.appendingPathComponent("ima").path
        for algorithm in ["ES256", "RS256"] {
            let path = folder.path("\(algorithm).pem")
            let made = try ChildProcess.run(
                ima, ["keys", "generate", "--algorithm", algorithm, "--kid", "k-1", "--out", path])
            #expect(made.status == 0)
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
            #expect(mode as? Int == 0o600)
            let shown = try ChildProcess.run(ima, ["keys", "jwks", "--key", path, "--kid", "k-1"])
            #expect(shown.output == made.output)
            let key = try JSONValue(parsing: Array(shown.output.utf8))["keys"]?.array?.first
            #expect(key?["alg"]?.string == algorithm)
            #expect(key?["d"] == nil)
            let again = try ChildProcess.run(ima, ["keys", "generate", "--kid", "k-1", "--out", path])
            #expect(again.status == 2)
        }
    }
}
