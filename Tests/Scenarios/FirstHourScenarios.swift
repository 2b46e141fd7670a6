import FleetSimulator
import Foundation
import PowerEvents
import StrictJSON
import TestSupport
import Testing

/// What somebody meets who has just installed it.
@Suite(.serialized)
struct FirstHourScenarios {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private func ima(_ arguments: String...) throws -> (status: Int32, output: String, errors: String) {
        try ChildProcess.run(Stage.programs.appendingPathComponent("ima").path, arguments)
    }

    @Test func theSampleIsPlannedAsItIs() throws {
        let sample = Self.root.appendingPathComponent("deploy/sample")
        let (site, alert) = (
            sample.appendingPathComponent("site.yaml").path, sample.appendingPathComponent("alert.json").path
        )
        let plan = try ima("plan", "--config", sample.appendingPathComponent("ima.yaml").path, alert)
        #expect(plan.status == 0, "\(plan.errors)")
        #expect(plan.output.contains("dgx-a07-01") && plan.output.contains("protected"), "\(plan.output)")
        #expect(try ima("plan", "--inventory", site, alert).output == plan.output)
        let demo = Self.root.appendingPathComponent("inventory/demo/site.yaml").path
        #expect(try ima("plan", "--inventory", demo, alert).status == 0)
    }

    @Test func allErrorsOfAnAlertAreToldAtOnce() throws {
        let folder = try TemporaryFolder()
        let alert = try folder.write(
            """
            {"feed_tag":"","status":"on","severity":"critical","breach":{"breach_id":"7","detected_at":"now"},
             "target":{"load_constraint":{"value":-1,"unit":"horse"}},
             "shed_hints":[{"resource_id":"n1","resource_type":"node","action":"explode","priority":0}],
             "infrastructure_actions":["DANCE"]}
            """, to: "alert.json")
        let site = Self.root.appendingPathComponent("deploy/sample/site.yaml").path
        let plan = try ima("plan", "--inventory", site, alert)
        #expect(plan.status == 2)
        let lines = plan.errors.split(separator: "\n")
        #expect(lines.count == 11, "\(plan.errors)")
        #expect(lines.allSatisfy { $0.hasPrefix("\(alert): $.") })
        for path in [
            "feed_tag", "status", "breach.breach_id", "breach.detected_at", "target.correlation_id",
            "target.load_constraint.unit", "target.load_constraint.value", "measured_load", "shed_hints[0].action",
            "shed_hints[0].priority", "infrastructure_actions[0]",
        ] {
            #expect(plan.errors.contains("$.\(path) "), "\(path)")
        }
    }

    @Test func aKeyComesWithItsFolderOrNotAtAll() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("keys/of/ima.pem")
        #expect(try ima("keys", "generate", "--out", path).status == 0)
        #expect(
            try FileManager.default.attributesOfItem(atPath: folder.path("keys"))[.posixPermissions] as? Int == 0o700)
        let before = folder.read("keys/of/ima.pem")
        let again = try ima("keys", "generate", "--out", path)
        #expect(again.status == 2 && again.errors.contains("exists already"))
        #expect(folder.read("keys/of/ima.pem") == before)
        // A folder cannot be made below a file; nothing of the way there stays.
        let nowhere = try ima("keys", "generate", "--out", folder.path("keys/of/ima.pem/deeper/x.pem"))
        #expect(nowhere.status == 2 && nowhere.output.isEmpty)
        let full = try ima("keys", "generate", "--out", "/dev/full")
        #expect(full.status == 2)
        let long = String(repeating: "x", count: 300)
        #expect(try ima("keys", "generate", "--out", folder.path("new/folder/\(long).pem")).status == 2)
        #expect(!FileManager.default.fileExists(atPath: folder.path("new")))
    }

    /// What discover prints can be put anywhere.
    @Test(.timeLimit(.minutes(2)))
    func aDiscoveredInventoryWorksWhereItIsPut() async throws {
        let stage = try await Stage()
        let port = try #require(stage.folder.read("site.yaml").firstMatch(of: /127\.78\.1\.20:(\d+)/)?.1)
        let found = try ChildProcess.run(
            "/bin/sh",
            [
                "-c",
                "cd \"$1\" && exec \"$2\" inventory discover --username ima --password-file bmc-password --ca bmc-ca.pem \"$3\"",
                "sh", stage.folder.url.path, Stage.programs.appendingPathComponent("ima").path,
                "https://127.78.1.[11-12]:\(port)",
            ])
        #expect(found.status == 0, "\(found.errors)")
        try FileManager.default.createDirectory(
            at: stage.folder.url.appendingPathComponent("elsewhere"), withIntermediateDirectories: true)
        try stage.folder.write(found.output, to: "elsewhere/found.yaml")
        try stage.folder.write(
            stage.folder.read("ima.yaml").replacing("[site.yaml]", with: "[elsewhere/found.yaml]"), to: "ima.yaml")
        let check = try stage.command("check")
        #expect(check.status == 0, "\(check.errors)\(found.output)")
        await stage.tearDown()
    }

    /// The unit's limits fit the configuration that it comes with.
    @Test func theUnitFitsTheDefaults() throws {
        let unit = try String(contentsOf: Self.root.appendingPathComponent("deploy/ima.service"), encoding: .utf8)
        #expect(unit.contains("\nType=notify\n") && unit.contains("\nExecReload=/usr/bin/ima reload "))
        #expect(try #require(unit.firstMatch(of: /\nWatchdogSec=(\d+)\n/).flatMap { Int($0.1) }) >= 30)
        let memory = try #require(unit.firstMatch(of: /\nMemoryMax=(\d+)G\n/).flatMap { Int($0.1) })
        let descriptors = try #require(unit.firstMatch(of: /\nLimitNOFILE=(\d+)\n/).flatMap { Int($0.1) })
        let example = try String(contentsOf: Self.root.appendingPathComponent("deploy/ima.yaml"), encoding: .utf8)
        let kept = try #require(example.firstMatch(of: /kept_connections: (\d+)/).flatMap { Int($0.1) })
        // 45 KB each, and half a gigabyte for everything else.
        #expect(memory << 30 >= kept * 45_000 + 512 << 20)
        #expect(descriptors >= kept + 256)
        #expect(example.contains("\ncontrol: /run/ima/control.sock"), "where the commands look for it")
        #expect(unit.contains("--socket /run/ima/control.sock"))
    }

    @Test func theProgramsSayWhatTheyAre() throws {
        for program in ["ima", "gridsim"] {
            let path = Stage.programs.appendingPathComponent(program).path
            let version = try ChildProcess.run(path, ["--version"])
            #expect(version.status == 0 && version.output.contains(/^\d+\.\d+\.\d+/))
        }
    }
}
