import FleetSimulator
import Foundation
import PowerEvents
import StrictJSON
import TestSupport
import Testing

/// Parts of the site are frozen, for a time or until thawed, with the real programs.
@Suite(.serialized)
struct FreezeScenarios {
    private static let inventory = """
        credentials: { bmc: { username: ima, password_file: bmc-password } }
        defaults: { bmc: { credentials: bmc, tls: { ca: bmc-ca.pem } } }
        chassis:
          - { id: rack-1, feeds: [main-a] }
          - { id: rack-2, feeds: [main-a, main-b] }
        groups:
          - { id: tenant, members: ["cpu-[3-4]"] }
        nodes:
          - { id: "cpu-[1-4]", bmc: "https://127.78.1.[11-14]:PORT", chassis: rack-1 }
          - { id: "cpu-[5-8]", bmc: "https://127.78.1.[15-18]:PORT", chassis: rack-2 }
        """

    private func hints(_ watts: Int, _ nodes: ClosedRange<Int> = 1...8) -> [ShedHint] {
        nodes.map { MainJobScenarios.hint("cpu-\($0)", .node, watts: watts) }
    }

    private func status(_ stage: Stage) throws -> JSONValue {
        try JSONValue(parsing: Array(stage.command("status", "--json").output.utf8))
    }

    private func commands(_ stage: Stage) throws -> [JSONValue] {
        let history = try stage.command("history", "--json")
        return try (JSONValue(parsing: Array(history.output.utf8)).array ?? []).filter { $0["kind"] == "command" }
    }

    @Test(.timeLimit(.minutes(3)))
    func aRackIsFrozenForAWhileInTheMiddleOfABreachAndTheAgentDies() async throws {
        let stage = try await Stage(inventory: Self.inventory)
        let fleet = stage.fleet
        try await stage.startAgent()
        let breach = try Stage.newBreach()
        try await stage.alert(.active, breach, hints(900))
        #expect(try await stage.report(breach, .applied).enforcement?.code == .success)

        let frozen = try stage.command("freeze", "rack-2", "--for", "20s", "--reason", "a power supply is changed")
        #expect(frozen.status == 0, "\(frozen)")
        #expect(
            frozen.output.contains("frozen: rack-2 until ") && frozen.output.contains("4 controls keep what they hold"))
        let writes = (5...8).map { fleet.bmc(of: "cpu-\($0)")?.writes.count }
        try await stage.alert(.escalated, breach, hints(800))
        let partial = try await stage.report(breach, .applied) { $0.results.contains { $0.code == .failed } }
        let failed = partial.enforcement?.results.filter { $0.code == .failed } ?? []
        #expect(failed.map(\.resourceID).sorted() == (5...8).map { "cpu-\($0)" })
        #expect(failed.allSatisfy { $0.message?.contains("frozen") == true })
        #expect((1...4).allSatisfy { fleet.limit(of: "cpu-\($0)") == 800 })

        await stage.stopAgent(SIGKILL)
        try await stage.startAgent()
        #expect(stage.log.contains("FROZEN in part by an operator"))
        let json = try status(stage)["frozen"]
        #expect(json?["scope"] == "rack-2" && json?["reason"] == "a power supply is changed")
        #expect(json?["user"]?.string?.isEmpty == false)
        let until = try #require(json?["until"]?.string.flatMap { Timestamp($0) })
        #expect(json?["resources"] == 4 && json?["controls"] == 4)
        #expect(try stage.command("status").output.contains("FROZEN: rack-2 by "))
        let metrics = await stage.page("/metrics").body
        #expect(metrics.contains("ima_frozen 1\n") || Stage.now >= until)
        #expect(await stage.page("/readyz").body.contains("a power supply is changed") || Stage.now >= until)
        // Nothing was written there while it was frozen, by either process.
        let during = (5...8).map { fleet.bmc(of: "cpu-\($0)")?.writes.count }
        #expect(during == writes || Stage.now >= until)
        #expect((5...8).allSatisfy { fleet.limit(of: "cpu-\($0)") == 900 } || Stage.now >= until)

        // It ends by itself, and work goes on.
        #expect(
            try await eventually(within: .seconds(60)) { (5...8).allSatisfy { fleet.limit(of: "cpu-\($0)") == 800 } })
        #expect(Stage.now >= until)
        #expect(try await stage.report(breach, .applied) { $0.code == .success }.enforcement != nil)
        #expect(try status(stage)["frozen"] == .null)
        #expect(stage.log.contains("a freeze has ended by its time"))
        #expect(try await eventually { await stage.page("/metrics").body.contains("ima_frozen 0\n") })
        let commands = try commands(stage)
        #expect(commands.map { $0["code"] } == ["freeze", "thaw"])
        #expect(commands.allSatisfy { $0["scope"] == "rack-2" })
        #expect(commands.first?["reason"] == "a power supply is changed" && commands.last?["user"] == nil)
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(2)))
    func partsAreFrozenWithAnyConfiguration() async throws {
        let stage = try await Stage(inventory: Self.inventory)
        try await stage.startAgent()
        try stage.folder.write("agent: [1, 2\nb: }\n", to: "ima.yaml")
        let socket = stage.folder.path("ima.sock")
        let ima = Stage.programs.appendingPathComponent("ima").path
        let environment = ["IMA_SOCKET": socket]
        func run(_ arguments: String...) throws -> (status: Int32, output: String, errors: String) {
            try ChildProcess.run(ima, arguments, environment: environment)
        }
        func frozen() throws -> JSONValue? {
            try JSONValue(parsing: Array(run("status", "--json").output.utf8))["frozen"]
        }
        let port = try #require(
            stage.folder.read("site.yaml").split(separator: "[11-14]:").last?.prefix { $0.isNumber })
        let bmc = "https://127.78.1.11:\(port)"
        for (arguments, scope, count) in [
            (["cpu-[1-2]"], "cpu-[1-2]", 2), (["rack-2"], "rack-2", 4), (["tenant"], "tenant", 2),
            (["main-b"], "main-b", 4), (["--feed", "main-a"], "feed main-a", 8),
            (["--bmc", bmc], "BMC \(bmc)", 1),
            (["cpu-1", "cpu-[5-6]"], "cpu-[1,5-6]", 3), ([], "all", 8),
        ] {
            let answer = try ChildProcess.run(ima, ["freeze"] + arguments, environment: environment)
            #expect(answer.status == 0, "\(arguments): \(answer)")
            #expect(try frozen()?["scope"]?.string == scope)
            #expect(try frozen()?["resources"]?.number?.int == count, "\(arguments)")
            #expect(try ChildProcess.run(ima, ["thaw"] + arguments, environment: environment).status == 0)
            #expect(try frozen() == .null)
        }
        // Of what is frozen a part is thawed, and all at once.
        #expect(try run("freeze", "rack-2").status == 0)
        #expect(try run("thaw", "cpu-5").output.contains("still frozen: rack-2 without cpu-5"))
        #expect(try frozen()?["resources"] == 3)
        #expect(try run("freeze", "cpu-1", "--for", "1h").status == 0)
        #expect(try frozen()?["freezes"]?.array?.count == 2)
        #expect(try run("thaw", "rack-9").errors.contains("the inventory has no \"rack-9\""))
        #expect(try run("thaw").status == 0)
        #expect(try frozen() == .null)
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(2)))
    func whatIsFrozenIsPutBackAfterTheThaw() async throws {
        let stage = try await Stage(inventory: Self.inventory)
        let fleet = stage.fleet
        let before = (1...8).map { fleet.limit(of: "cpu-\($0)") }
        try await stage.startAgent()
        let breach = try Stage.newBreach()
        try await stage.alert(.active, breach, hints(900))
        _ = try await stage.report(breach, .applied)
        #expect(try stage.command("freeze", "cpu-[1-2]").status == 0)
        try await stage.alert(.resolved, breach)
        #expect(try await eventually { (3...8).allSatisfy { fleet.limit(of: "cpu-\($0)") == before[$0 - 1] } })
        let told = try await stage.report(breach, .reverted) { $0.results.contains { $0.code == .failed } }
        #expect(
            told.enforcement?.results.filter { $0.message?.contains("frozen") == true }.map(\.resourceID).sorted()
                == ["cpu-1", "cpu-2"])
        #expect(fleet.limit(of: "cpu-1") == 900 && fleet.limit(of: "cpu-2") == 900)
        let thawed = try stage.command("thaw", "cpu-[1-2]")
        #expect(thawed.output.contains("2 controls wait to be written"), "\(thawed)")
        let done = try await stage.report(breach, .reverted) { $0.code == .success }
        #expect(done.enforcement != nil)
        #expect((1...8).map { fleet.limit(of: "cpu-\($0)") } == before)
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(2)))
    func aReleaseInAHurryWaitsForNothing() async throws {
        let stage = try await Stage(inventory: Self.inventory)
        let fleet = stage.fleet
        let slow = stage.folder.read("ima.yaml").replacing(
            "hold_down: 500ms, step: 50%, every: 200ms", with: "hold_down: 10m, step: 10%, every: 10m, max_rate: 1W/h")
        try stage.folder.write(slow, to: "ima.yaml")
        let before = (1...8).map { fleet.limit(of: "cpu-\($0)") }
        try await stage.startAgent()
        for isUnderWay in [false, true] {
            let breach = try Stage.newBreach()
            try await stage.alert(.active, breach, hints(900))
            _ = try await stage.report(breach, .applied)
            if isUnderWay {
                let released = try stage.command("release", String(breach.text.prefix(8)))
                #expect(
                    released.output.contains("8 controls go back from ")
                        && released.output.contains(" on, 10% every 10m; done about "), "\(released)")
                #expect(released.output.contains("max_rate"))
                #expect(try stage.command("release", breach.text).status == 1, "it is released already")
                #expect(fleet.limit(of: "cpu-1") == 900)
            }
            let now = try stage.command("release", "--now", "--reason", "a drill", String(breach.text.prefix(8)))
            #expect(now.status == 0 && now.output.contains("released \(breach.text): 8 controls go back now"), "\(now)")
            #expect(try await stage.report(breach, .reverted).enforcement?.code == .success)
            #expect((1...8).map { fleet.limit(of: "cpu-\($0)") } == before)
        }
        let last = try #require(try commands(stage).last)
        #expect(last["code"] == "release" && last["reason"] == "a drill")
        #expect(last["message"]?.string?.contains("without hold-down") == true)
        await stage.tearDown()
    }
}
