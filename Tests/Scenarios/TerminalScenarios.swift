import FleetSimulator
import Foundation
import PowerEvents
import StrictJSON
import TestSupport
import Testing

/// The commands as a person uses them: history by time and without an agent, on a terminal and in a pipe.
@Suite(.serialized)
struct TerminalScenarios {
    private static let ima = Stage.programs.appendingPathComponent("ima").path

    private func ima(
        _ arguments: String..., environment: [String: String] = [:]
    ) throws -> (status: Int32, output: String, errors: String) {
        try ChildProcess.run(Self.ima, arguments, environment: environment)
    }

    @Test func bothProgramsSayTheirVersionAndCommit() throws {
        for program in ["ima", "gridsim"] {
            let version = try ChildProcess.run(Stage.programs.appendingPathComponent(program).path, ["--version"])
            #expect(
                version.status == 0 && version.output.contains(/^\d+\.\d+\.\d+( \([0-9a-f]{7,}\+?\))?\n$/), "\(version)"
            )
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func historyByTimeByResourceAndFromAJournal() async throws {
        let stage = try await Stage()
        try await stage.startAgent()
        let socket = stage.folder.path("ima.sock")
        let (first, second) = (try Stage.newBreach(), try Stage.newBreach())
        try await stage.alert(.active, first, [MainJobScenarios.hint("cpu-1", .node, watts: 900)])
        _ = try await stage.report(first, .applied)
        try await Task.sleep(for: .milliseconds(20))
        let between = Stage.now
        try await Task.sleep(for: .milliseconds(20))
        try await stage.alert(.active, second, [MainJobScenarios.hint("cpu-2", .node, watts: 900)])
        _ = try await stage.report(second, .applied)
        func history(_ arguments: String...) throws -> [JSONValue] {
            let answer = try ChildProcess.run(Self.ima, ["history", "--json"] + arguments)
            #expect(answer.status == 0, "\(answer.errors)")
            return try #require(JSONValue(parsing: Array(answer.output.utf8)).array)
        }
        let all = try history("--socket", socket)
        let since = try history("--socket", socket, "--since", between.description)
        let until = try history("--socket", socket, "--until", between.description)
        #expect(!since.isEmpty && since.allSatisfy { $0["breach_id"]?.string == second.text }, "\(since)")
        #expect(!until.isEmpty && until.allSatisfy { $0["breach_id"]?.string == first.text }, "\(until)")
        #expect(since.count + until.count == all.count)
        #expect(try history("--socket", socket, "--since", "1h").count == all.count)
        #expect(try history("--socket", socket, "--until", "1h").isEmpty)
        let ofBreach = String(first.text.prefix(8))
        #expect(try history("--socket", socket, "--breach", ofBreach).count == until.count)
        let bad = try ima("history", "--socket", socket, "--since", "yesterday")
        #expect(bad.status == 2 && bad.errors.contains("--since is no time"), "\(bad)")
        #expect(try ima("history", "--socket", socket, "--since", "1h", "--until", "2h").status == 2)

        // In a pipe neither colour nor pager.
        let plain = try ima("history", "--socket", socket, environment: ["PAGER": "false"])
        #expect(plain.status == 0 && !plain.output.contains("\u{1B}") && plain.output.contains("outcome applied cpu-1"))

        // Followed, also over a restart.
        let follower = try ChildProcess(
            Self.ima, ["history", "--socket", socket, "--follow", "--limit", "1"], log: stage.folder.path("follow.log"))
        #expect(try await eventually { !follower.output.isEmpty })
        try await stage.alert(.resolved, first)
        _ = try await stage.report(first, .reverted)
        #expect(
            try await eventually { follower.output.contains("outcome reverted cpu-1/power_limit") },
            "\(follower.output)")
        await stage.stopAgent()

        // Without an agent, of its journal.
        let journal = stage.folder.path("ima.sqlite")
        let kept = try history("--journal", journal)
        #expect(kept.count > all.count && kept.contains { $0["code"] == "reverted" })
        #expect(try history("--journal", journal, "--breach", String(second.text.prefix(8))).count >= since.count)
        #expect(
            try history("--journal", journal, "--resource", "cpu-[1-1]").allSatisfy {
                $0["control"] == "cpu-1/power_limit"
            })
        #expect(try ima("history", "--journal", stage.folder.path("none.sqlite")).status == 2)
        try await stage.startAgent()
        #expect(try ima("release", "--socket", socket, String(second.text.prefix(8))).status == 0)
        #expect(try await eventually { follower.output.contains("command release by ") }, "\(follower.output)")
        await follower.end(SIGTERM)
        await stage.tearDown()
    }

    /// `script` of util-linux gives a program a terminal.
    @Test(
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script"), "needs script of bsdutils"),
        .timeLimit(.minutes(2)))
    func onATerminalItIsColouredAndPaged() async throws {
        let stage = try await Stage()
        try await stage.startAgent()
        let breach = try Stage.newBreach()
        try await stage.alert(.active, breach, (1...8).map { MainJobScenarios.hint("cpu-\($0)", .node, watts: 900) })
        _ = try await stage.report(breach, .applied)
        func terminal(_ command: String, _ environment: [String: String]) throws -> String {
            let line = "stty rows 6 cols 200; \(Self.ima) \(command) --socket \(stage.folder.path("ima.sock"))"
            return try ChildProcess.run("/usr/bin/script", ["-qec", line, "/dev/null"], environment: environment).output
        }
        let base = ["TERM": "xterm", "PATH": "/usr/bin:/bin", "NO_COLOR": ""]
        let paged = try terminal("history", base.merging(["PAGER": "sed s/^/PAGED:/"]) { $1 })
        #expect(paged.contains("PAGED:") && paged.contains("\u{1B}[32mapplied"), "\(paged)")
        let quiet = try terminal("history", base.merging(["PAGER": "", "NO_COLOR": "1"]) { $1 })
        #expect(!quiet.contains("\u{1B}[") && quiet.contains("outcome applied cpu-1"), "\(quiet)")
        let status = try terminal("status", base)
        #expect(status.contains("\u{1B}[32mOK") && status.contains("8 applied"), "\(status)")
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(1)))
    func aWatchedStatusGoesOnWithoutAnAgent() async throws {
        let stage = try await Stage()
        try await stage.startAgent()
        let watch = try ChildProcess(
            Self.ima, ["status", "--socket", stage.folder.path("ima.sock"), "--watch"],
            log: stage.folder.path("watch.log"))
        #expect(try await eventually { watch.output.contains("ima-test: OK") })
        await stage.stopAgent()
        #expect(try await eventually { watch.output.contains("NO ANSWER") })
        #expect(watch.isRunning)
        await watch.end(SIGTERM)
        await stage.tearDown()
    }

    /// Failures are told as they are found, those of one cause together; then what is enforceable.
    @Test(.timeLimit(.minutes(2)))
    func preflightTellsFailuresByCause() async throws {
        let stage = try await Stage()
        for number in 1...6 { stage.fleet.bmc(of: "cpu-\(number)")?.faults = [.status(401)] }
        let preflight = try stage.command("preflight")
        #expect(preflight.status == 1)
        let lines = preflight.output.split(separator: "\n").map(String.init)
        let found = lines.filter { $0.hasPrefix("NO  ") }
        #expect(found.count <= 4, "\(found)")
        #expect(found.first?.contains("(127.78.1.1") == true && found.first?.contains("logged in") == true, "\(found)")
        #expect(lines.contains { $0.contains("of 20 probed") })
        #expect(lines.contains("NO  cpu-[1-6]"), "\(preflight.output)")
        #expect(lines.contains { $0.contains("6 resources on 6 BMCs: 127.78.1.[11-16]:") })
        #expect(lines.last == "14 of 20 resources are enforceable")
        let unknown = try stage.command("preflight", "nobody", "cpu-[7-9]")
        #expect(
            unknown.status == 2 && unknown.errors.contains("nobody") && unknown.errors.contains("cpu-9"), "\(unknown)")
        await stage.tearDown()
    }

    /// Three BMCs fail, and what an operator sees of it.
    @Test(.timeLimit(.minutes(5)))
    func theDemonstrationOfFaultsSaysWhatIsSo() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let demo = try ChildProcess.run(
            Stage.programs.appendingPathComponent("gridsim").path,
            ["demo", "--fault", "--inventory", root.appendingPathComponent("inventory/demo/site.yaml").path])
        #expect(demo.status == 0, "\(demo.output)\(demo.errors)")
        for words in [
            "3 BMCs fail", "10 failed", "$ ima history", "$ ima explain", "what had failed is capped by now", ": OK -",
        ] {
            #expect(demo.output.contains(words), "\(words)\n\(demo.output)")
        }
    }
}
