import FleetSimulator
import Foundation
import PowerEvents
import StrictJSON
import TestSupport
import Testing

/// At 3 am: the kill switch works with any configuration broken, missing or unreadable, and says what happens next.
@Suite(.serialized)
struct EmergencyScenarios {
    private func ima(
        _ arguments: String..., environment: [String: String] = [:]
    ) throws -> (status: Int32, output: String, errors: String) {
        try ChildProcess.run(
            Stage.programs.appendingPathComponent("ima").path, arguments, environment: environment)
    }

    private func history(_ stage: Stage) throws -> [JSONValue] {
        let answer = try ima("history", "--socket", stage.folder.path("ima.sock"), "--json")
        return try #require(JSONValue(parsing: Array(answer.output.utf8)).array)
    }

    @Test(.timeLimit(.minutes(2)))
    func theKillSwitchNeedsNoFile() async throws {
        let stage = try await Stage()
        try await stage.startAgent()
        let breach = try Stage.newBreach()
        try await stage.alert(.active, breach, [MainJobScenarios.hint("cpu-1", .node, watts: 900)])
        _ = try await stage.report(breach, .applied)
        let socket = stage.folder.path("ima.sock")
        // The files are gone or broken by now; the agent runs on.
        try stage.folder.write("agent: [1, 2\nb: }\ncontrol: ima.sock\n", to: "ima.yaml")
        try FileManager.default.removeItem(atPath: stage.folder.path("site.yaml"))
        let broken = stage.folder.path("ima.yaml")

        let frozen = try ima("freeze", "--socket", socket, "--reason", "cooling works on row 7")
        #expect(frozen.status == 0, "\(frozen.errors)")
        #expect(frozen.output.contains("until `ima thaw`") && frozen.output.contains("1 held control"))
        let status = try ima("status", "--config", broken)
        #expect(status.output.contains("FROZEN by ") && status.output.contains("cooling works on row 7"))
        let json = try JSONValue(
            parsing: Array(ima("status", "--json", environment: ["IMA_SOCKET": socket]).output.utf8))
        #expect(json["frozen"]?["reason"] == "cooling works on row 7")
        #expect(json["frozen"]?["user"]?.string?.isEmpty == false)
        #expect(json["mode"] == "enforce" && json["generation"]?.number?.int == 1)
        #expect(try ima("explain", "--socket", socket, "cpu-1").status == 0)
        #expect(try ima("thaw", environment: ["IMA_SOCKET": socket]).output.contains("1 held control"))
        #expect(try ima("status", "--config", broken).output.contains("FROZEN") == false)
        #expect(try ima("resume", "--socket", socket).status == 1)
        // A breach by its first characters, and what happens when.
        let prefix = String(breach.text.prefix(8))
        let released = try ima("release", "--socket", socket, "--reason", "false alarm", prefix)
        #expect(released.status == 0, "\(released.errors)")
        #expect(
            released.output.contains(breach.text) && released.output.contains("1 control goes back from ")
                && released.output.contains(" on, 50% every 200ms; done about "))
        _ = try await stage.report(breach, .reverted)
        let commands = try history(stage).filter { $0["kind"] == "command" }
        #expect(commands.compactMap { $0["code"]?.string } == ["freeze", "thaw", "release"])
        #expect(commands.allSatisfy { $0["user"]?.string?.isEmpty == false })
        #expect(commands.map { $0["reason"]?.string } == ["cooling works on row 7", nil, "false alarm"])
        let ofBreach = try ima("history", "--socket", socket, "--breach", prefix)
        #expect(ofBreach.status == 0 && ofBreach.output.contains("release by "), "\(ofBreach.output)")
        await stage.tearDown()
    }

    /// What a shell offers after `ima release` and the like comes from the running agent.
    @Test(.timeLimit(.minutes(2)))
    func aShellCompletesWhatTheAgentKnows() async throws {
        let stage = try await Stage()
        try await stage.startAgent()
        let breach = try Stage.newBreach()
        try await stage.alert(.active, breach, [MainJobScenarios.hint("cpu-1", .node, watts: 900)])
        _ = try await stage.report(breach, .applied)
        #expect(try ima("--generate-completion-script", "bash").output.contains("release"))
        let environment = ["IMA_SOCKET": stage.folder.path("ima.sock"), "SAP_SHELL": "bash"]
        let breaches = try ima(
            "---completion", "release", "--", "positional@0", "2", "0", "ima", "release", "", environment: environment)
        #expect(breaches.output.contains(breach.text), "\(breaches)")
        let resources = try ima(
            "---completion", "explain", "--", "positional@0", "2", "0", "ima", "explain", "", environment: environment)
        #expect(resources.output.contains("cpu-1\n"), "\(resources)")
        // Racks and feeds wherever a resource is taken, and what each option is for.
        for command in ["freeze", "thaw", "explain"] {
            let names = try ima(
                "---completion", command, "--", "positional@0", "2", "0", "ima", command, "", environment: environment)
            for name in ["cpu-1", "rack-1", "main-a"] {
                #expect(names.output.split(separator: "\n").contains(Substring(name)), "\(command): \(names)")
            }
        }
        for (command, option, name) in [
            ("freeze", "--feed", "main-a"), ("thaw", "--bmc", "https://127.78.1.11:"),
            ("history", "--breach", breach.text),
            ("history", "--resource", "rack-1"),
        ] {
            let names = try ima(
                "---completion", command, "--", option, "3", "0", "ima", command, option, "", environment: environment)
            #expect(names.output.contains(name), "\(command) \(option): \(names)")
        }
        let past = try ima(
            "---completion", "evidence", "--", "positional@0", "2", "0", "ima", "evidence", "",
            environment: environment)
        #expect(past.output.contains(breach.text), "\(past)")
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(1)))
    func withoutAnAgentThereIsOneLine() throws {
        let folder = try TemporaryFolder()
        let nobody = try ima("freeze", "--socket", folder.path("none.sock"))
        #expect(nobody.status == 1 && nobody.errors.contains("none.sock: no agent answers"))
        #expect(nobody.errors.split(separator: "\n").count == 1)
        if FileManager.default.fileExists(atPath: "/run/ima/control.sock") { return }
        let lost = try ima("status", "--config", folder.path("none.yaml"))
        #expect(lost.status == 2 && lost.errors.contains("--socket PATH or IMA_SOCKET"))
    }

    /// Scripts and logs take lines, and tell a mistake of their own from an agent that says no.
    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            (["freeze", "--for", "-5s"], "Missing value for '--for <for>': see 'ima freeze --help'"),
            (["freeze", "--nonsense"], "Unknown option '--nonsense': see 'ima freeze --help'"),
            (["release"], "Missing expected argument '<breach>': see 'ima release --help'"),
        ])
    func wrongUsageIsOneLine(arguments: [String], line: String) throws {
        let answer = try ChildProcess.run(
            Stage.programs.appendingPathComponent("ima").path, arguments)
        #expect(answer.status == 2 && answer.errors == line + "\n", "\(answer)")
    }

    @Test(.timeLimit(.minutes(2)))
    func whatIsAmbiguousOrMeansNothingIsRefused() async throws {
        let stage = try await Stage()
        try await stage.startAgent()
        let first = try #require(UUIDText("abababab-0101-4101-8101-010101010101"))
        let second = try #require(UUIDText("abababab-0202-4101-8101-010101010101"))
        for breach in [first, second] {
            try await stage.alert(.active, breach, [MainJobScenarios.hint("cpu-1", .node, watts: 900)])
            _ = try await stage.report(breach, .applied)
        }
        for command in ["release", "history"] {
            let ambiguous =
                try command == "release"
                ? stage.command("release", "abab") : stage.command("history", "--breach", "abab")
            #expect(ambiguous.status == 1)
            #expect(ambiguous.errors.contains(first.text) && ambiguous.errors.contains(second.text))
        }
        let unknown = try stage.command("release", "cd")
        #expect(unknown.status == 1 && unknown.errors.contains("no breach \"cd\" is open; open: \(first)"))
        // What means nothing is refused, all of it at once, and never taken for everything.
        for (arguments, objection) in [
            (["cpu-[1-2,98-99]", "rack-x"], "the inventory has no \"cpu-[98-99]\", \"rack-x\""),
            (["--feed", "main-z"], "the inventory has no feed \"main-z\""),
            (["--bmc", "https://192.0.2.1"], "the inventory has no BMC \"https://192.0.2.1\""),
            ([""], "the inventory has no \"\""), (["cpu-[2-1]"], "runs backwards"),
            (["--for", "0s"], "--for 0s: should be a time from 1s to 30d, such as 30m"),
            (["--for", "soon"], "--for soon: should be a time"), (["--for", "31d"], "--for 31d: should be a time"),
        ] {
            let part = try ima(
                arguments: ["freeze", "--socket", stage.folder.path("ima.sock")] + arguments)
            // What is no time is wrong usage; what the inventory does not have is an answer.
            #expect(part.status == (arguments.first == "--for" ? 2 : 1) && part.errors.contains(objection), "\(part)")
            #expect(part.errors.split(separator: "\n").count == 1)
        }
        let thawed = try stage.command("thaw", "cpu-1")
        #expect(thawed.status == 1 && thawed.errors.contains("nothing of cpu-1 is frozen"))
        #expect(try stage.command("status").output.contains("FROZEN") == false)
        #expect(try stage.command("release", "abababab-01").status == 0)
        await stage.tearDown()
    }

    private func ima(arguments: [String]) throws -> (status: Int32, output: String, errors: String) {
        try ChildProcess.run(Stage.programs.appendingPathComponent("ima").path, arguments)
    }

    /// A group of operators may use the socket, and nobody else; the history says who it was.
    @Test(.enabled(if: getuid() == 0, "only root can become somebody else"), .timeLimit(.minutes(2)))
    func aGroupMayOwnTheSocket() async throws {
        let stage = try await Stage()
        let text = stage.folder.read("ima.yaml").replacing(
            "control: ima.sock", with: "control: { path: ima.sock, group: daemon }")
        try stage.folder.write(text, to: "ima.yaml")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: stage.folder.url.path)
        try await stage.startAgent()
        let socket = stage.folder.path("ima.sock")
        let attributes = try FileManager.default.attributesOfItem(atPath: socket)
        #expect(attributes[.posixPermissions] as? Int == 0o660)
        #expect(attributes[.groupOwnerAccountName] as? String == "daemon")
        // The programs lie where others may not go, so that plain tools stand in for them.
        let script = """
            import socket, sys
            s = socket.socket(socket.AF_UNIX)
            s.connect(sys.argv[1])
            s.sendall(b"POST /freeze HTTP/1.1\\r\\nHost: ima\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n")
            print(s.recv(4096).split()[1].decode())
            """
        func freeze(_ options: String...) throws -> (status: Int32, output: String, errors: String) {
            try ChildProcess.run(
                "/usr/bin/setpriv", options + ["/usr/bin/env", "python3", "-c", script, socket])
        }
        #expect(try freeze("--reuid=65534", "--clear-groups").errors.contains("PermissionError"))
        #expect(try freeze("--reuid=65534", "--regid=daemon", "--clear-groups").output == "200\n")
        // The file's mode is one lock, the kernel's word on who is there the other.
        try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: socket)
        #expect(try freeze("--reuid=65534", "--regid=65534", "--clear-groups").output == "403\n")
        let commands = try history(stage).filter { $0["kind"] == "command" }
        #expect(commands.compactMap { $0["user"]?.string } == ["nobody"])
        await stage.tearDown()
    }

    /// systemd hears that the agent runs, is well, reloads and stops.
    @Test(.timeLimit(.minutes(2)))
    func theSupervisorHearsOfIt() async throws {
        let stage = try await Stage()
        let script = """
            import socket, sys
            s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            s.bind(sys.argv[1])
            while True:
                print(s.recv(4096).decode().split("\\n")[0], flush=True)
            """
        let heard = stage.folder.path("heard")
        let listener = try ChildProcess(
            "/usr/bin/env", ["python3", "-c", script, stage.folder.path("notify")], log: heard)
        #expect(try await eventually { FileManager.default.fileExists(atPath: stage.folder.path("notify")) })
        try await stage.startAgent(environment: [
            "NOTIFY_SOCKET": stage.folder.path("notify"), "WATCHDOG_USEC": "400000",
        ])
        @Sendable func lines() -> [Substring] { listener.output.split(separator: "\n") }
        #expect(try await eventually { lines().count { $0 == "WATCHDOG=1" } > 3 })
        #expect(lines().first == "READY=1")
        #expect(try stage.command("reload").status == 0)
        #expect(try await eventually { lines().contains("RELOADING=1") && lines().count { $0 == "READY=1" } == 2 })
        await stage.stopAgent()
        #expect(try await eventually { lines().last == "STOPPING=1" })
        await listener.end()
        await stage.tearDown()
    }
}
