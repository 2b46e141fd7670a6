import Foundation
import PowerEvents
import StrictJSON
import TestSupport
import Testing

/// Ranges, racks, groups and feeds wherever a command takes resources.
struct NamingScenarios {
    @Test(.timeLimit(.minutes(2)))
    func resourcesAreNamedAsPeopleWriteThem() async throws {
        let stage = try await Stage()
        let site = stage.folder.read("site.yaml").replacing(
            "nodes:\n", with: "groups:\n  - { id: tenant, members: [\"cpu-[7-8]\", gpu-1] }\nnodes:\n")
        try stage.folder.write(site, to: "site.yaml")
        func ids(_ names: String...) throws -> [String] {
            let answer = try ChildProcess.run(
                Stage.programs.appendingPathComponent("ima").path,
                ["inventory", "show", "--config", stage.folder.path("ima.yaml"), "--json"] + names)
            #expect(answer.status == 0, "\(answer.errors)")
            return try (JSONValue(parsing: Array(answer.output.utf8)).array ?? []).compactMap { $0["id"]?.string }
        }
        #expect(try ids("cpu-[2-3]") == ["cpu-2", "cpu-3"])
        #expect(try ids("gpu-2") == ["gpu-2"] + (0..<4).map { "gpu-2-gpu\($0)" })
        #expect(try ids("tenant") == ["gpu-1"] + (0..<4).map { "gpu-1-gpu\($0)" } + ["cpu-7", "cpu-8", "tenant"])
        #expect(try ids("rack-1").count == 1 + 2 + 8 + 8 + 2)
        #expect(try ids("main-a").count == ids().count - 1, "all but the group")

        let preflight = try stage.command("preflight", "cpu-[1-2]", "store")
        #expect(preflight.status == 0 && preflight.output.contains("3 of 3 resources are enforceable"), "\(preflight)")
        for command in [["preflight"], ["inventory", "show"]] {
            let unknown = try ChildProcess.run(
                Stage.programs.appendingPathComponent("ima").path,
                command + ["--config", stage.folder.path("ima.yaml"), "cpu-[1-11]", "rack-9", "n[2-1]"])
            #expect(unknown.status == 2)
            let expected = #""n[2-1]": [2-1] runs backwards; the inventory has no "cpu-[9-11]", "rack-9""#
            #expect(unknown.errors.contains(expected), "\(unknown.errors)")
            #expect(unknown.errors.split(separator: "\n").count == 1)
        }
        let nothing = try stage.command("preflight", "login")
        #expect(nothing.status == 1 && nothing.errors.contains("nothing of login can be probed"))

        try await stage.startAgent()
        let breach = try Stage.newBreach()
        try await stage.alert(
            .active, breach, ["cpu-1", "cpu-2", "cpu-3"].map { MainJobScenarios.hint($0, .node, watts: 900) })
        _ = try await stage.report(breach, .applied)
        func history(_ names: String...) throws -> Set<String> {
            let some = try ChildProcess.run(
                Stage.programs.appendingPathComponent("ima").path,
                ["history", "--json", "--socket", stage.folder.path("ima.sock")] + names.flatMap { ["--resource", $0] })
            let lines = try JSONValue(parsing: Array(some.output.utf8)).array ?? []
            return Set(lines.compactMap { $0["control"]?.string })
        }
        #expect(try history("cpu-[1-2]") == ["cpu-1/power_limit", "cpu-2/power_limit"])
        #expect(try history("cpu-1", "cpu-3") == ["cpu-1/power_limit", "cpu-3/power_limit"])
        #expect(try history("rack-1").count == 3)
        #expect(try history("tenant").isEmpty)
        let gone = try stage.command("history", "--resource", "cpu-[8-9]")
        #expect(
            gone.status == 1 && gone.errors.contains(#"the inventory has no "cpu-9", and the history nothing of it"#))
        let explained = try stage.command("explain", "cpu-[1-2]", "tenant")
        #expect(explained.status == 0, "\(explained.errors)")
        for name in ["cpu-1: node", "cpu-2: node", "cpu-7: node", "gpu-1: node"] {
            #expect(explained.output.contains(name), "\(explained.output)")
        }
        let one = try JSONValue(parsing: Array(stage.command("explain", "--json", "cpu-1").output.utf8))
        #expect(one["resource"] == "cpu-1")
        let both = try JSONValue(parsing: Array(stage.command("explain", "--json", "cpu-[1-2]").output.utf8))
        #expect(both.array?.compactMap { $0["resource"]?.string } == ["cpu-1", "cpu-2"])
        let unknown = try stage.command("explain", "cpu-1", "nobody", "nothing")
        #expect(unknown.status == 1 && unknown.errors.contains(#""nobody", "nothing""#))
        await stage.tearDown()
    }
}
