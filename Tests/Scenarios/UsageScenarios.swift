import FleetSimulator
import Foundation
import JOSE
import OpenSSL
import PowerEvents
import StrictJSON
import TestSupport
import Testing

/// What is half meant or cannot be read is refused with words and an exit code: 1 is a negative result, 2 wrong usage or
/// unreadable input.
struct UsageScenarios {
    private typealias Result = (status: Int32, output: String, errors: String)

    private static func gridsim(_ arguments: [String]) throws -> Result {
        try ChildProcess.run(Stage.programs.appendingPathComponent("gridsim").path, arguments)
    }

    private static func expect(
        _ result: Result, _ status: Int32, _ text: String, _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(result.status == status, "\(result)", sourceLocation: location)
        #expect(result.errors.contains(text), "\(result.errors)", sourceLocation: location)
        #expect(result.errors.split(separator: "\n").count == 1 && result.output.isEmpty, sourceLocation: location)
    }

    @Test(.timeLimit(.minutes(2))) func aJournalAloneKnowsIdsAndNothingElse() async throws {
        let stage = try await Stage()
        try await stage.startAgent()
        let breach = try Stage.newBreach()
        try await stage.alert(.active, breach, [MainJobScenarios.hint("cpu-1", .node, watts: 900)])
        _ = try await stage.report(breach, .applied)
        #expect(try stage.command("history", "--resource", "rack-1").output.contains("cpu-1"), "the agent has racks")
        #expect(try stage.command("evidence", "nosuch").status == 1)
        await stage.stopAgent()
        let journal = stage.folder.path("ima.sqlite")
        let ima = Stage.programs.appendingPathComponent("ima").path
        func read(_ arguments: String...) throws -> Result {
            try ChildProcess.run(ima, arguments + ["--journal", journal])
        }
        for name in ["cpu-1", "cpu-[1-8]"] {
            let known = try read("history", "--resource", name)
            #expect(known.status == 0 && known.output.contains("cpu-1"), "\(known)")
        }
        Self.expect(
            try read("history", "--resource", "cpu-1", "--resource", "rack-1", "--resource", "main-a"), 1,
            "\(journal): the history has nothing of \"rack-1\", \"main-a\"; without an inventory only ids and ranges")
        Self.expect(try read("history", "--resource", "cpu-["), 2, "cpu-[")
        Self.expect(try read("history", "--breach", "nosuch"), 1, "nosuch")
        Self.expect(try read("evidence", "nosuch"), 1, "nosuch")
        Self.expect(try read("evidence", breach.text, "--jws"), 2, "--config")
        #expect(try read("evidence", breach.text).status == 0)
        let none = stage.folder.path("none.sqlite")
        Self.expect(try ChildProcess.run(ima, ["evidence", breach.text, "--journal", none]), 2, none)
        let copy = try stage.folder.write("mine", to: "copy.sqlite")
        Self.expect(try stage.command("backup", copy), 2, copy)
        #expect(stage.folder.read("copy.sqlite") == "mine")
        Self.expect(
            try stage.command("run", "--begin-log"), 2,
            "--begin-log: \(stage.folder.path("ima.yaml")) has no standby:")
        await stage.tearDown()
    }

    /// It knows the breaches that a plan of files alone cannot know of.
    @Test(.timeLimit(.minutes(2))) func aRunningAgentSaysWhatItWouldRefuse() async throws {
        let stage = try await Stage()
        try await stage.startAgent()
        let breach = try Stage.newBreach()
        let hints = [MainJobScenarios.hint("cpu-1", .node, watts: 900)]
        try await stage.alert(.active, breach, hints)
        _ = try await stage.report(breach, .applied)
        let payload = stage.payload(.escalated, breach, hints, .critical).json
        let event = try stage.powerAgent.event(.breachAlert, payload, time: Stage.now)
        let files = try [
            stage.folder.write(payload.text, to: "alert.json"), stage.folder.write(event.json.text, to: "event.json"),
        ]
        for file in files { #expect(try stage.command("plan", file).status == 0) }
        try await stage.alert(.resolved, breach)
        _ = try await stage.report(breach, .reverted)
        for file in files {
            let refused = try stage.command("plan", file)
            #expect(refused.status == 1 && refused.output.contains("cpu-1"), "\(refused)")
            #expect(refused.errors.hasPrefix("\(file): the agent would refuse it: breach_resolved: "), "\(refused)")
        }
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(1))) func gridsimSpeaksPlainMQTTToLoopbackOnlyAndNeverForMQTTS() async throws {
        let broker = try await TestBroker()
        for (url, more, text) in [
            ("mqtts://127.0.0.1:\(broker.port)", [], "mqtts needs --ca"),
            ("mqtt://192.0.2.1", [], "plain mqtt is for loopback only"),
            ("mqtt://127.0.0.1:\(broker.port)", ["--ca", "ca.pem"], "should be mqtts://"),
        ] as [(String, [String], String)] {
            Self.expect(try Self.gridsim(["watch", "--timeout", "1s", "--broker", url] + more), 2, text)
            Self.expect(try Self.gridsim(["conform", "--for", "1s", "--broker", url] + more), 2, text)
        }
        await broker.stop()
    }

    @Test(.timeLimit(.minutes(1))) func gridsimNamesTheFileThatItCannotUse() async throws {
        let broker = try await TestBroker()
        let folder = try TemporaryFolder()
        let key = try folder.write(PrivateKey.generate(.p256).pem(), to: "dps.pem")
        let junk = try folder.write("{}", to: "junk.json")
        let address = ["--broker", "\(try broker.address)"]
        Self.expect(try Self.gridsim(["watch", "--jwks", junk] + address), 2, "\(junk): ")
        Self.expect(try Self.gridsim(["conform", "--partial"] + address), 2, "--partial goes with --capture")
        let sets = try (1...2).map { number in
            try folder.write(
                JWKSet([SigningKey(PrivateKey.generate(.p256), keyID: "k").jwk()]).json().text, to: "\(number).json")
        }
        Self.expect(
            try Self.gridsim(["conform", "--jwks", sets[0], "--jwks", sets[1]] + address), 2,
            "\(sets[1]): the key \"k\" is another one in \(sets[0])")
        let trust = sets.flatMap { ["--trust", "//grid/v1/poweragent/dps=\($0)"] }
        Self.expect(
            try Self.gridsim(
                ["isv", "--source", "//grid/v1/isv/acme", "--kid", "k", "--key", key, "--remove"] + trust + address), 2,
            "--trust: //grid/v1/poweragent/dps stands here twice")
        func alert(_ key: String, _ more: [String] = []) throws -> Result {
            try Self.gridsim(
                ["alert", "--source", "//grid/v1/poweragent/dps", "--kid", "k", "--key", key] + address + more)
        }
        Self.expect(try alert(junk), 2, "\(junk): ")
        Self.expect(try alert(folder.path("none.pem")), 2, folder.path("none.pem"))
        for (text, told) in [
            (#"{"shed_hints":[]}"#, "should be a JSON array of hints"), (#"[{}]"#, "[0]: "), ("[", ""),
        ] {
            let hints = try folder.write(text, to: "hints.json")
            Self.expect(try alert(key, ["--hints", hints]), 2, "\(hints): \(told)")
        }
        #expect(try alert(key).status == 0)
        await broker.stop()
    }
}
