import FleetSimulator
import Foundation
import PowerEvents
import StrictJSON
import TestSupport
import Testing

/// What these scenarios need beside the agent; made and installed by `deploy/test`.
private enum Tools {
    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    /// Made by `deploy/test`.
    static let python = repository.appendingPathComponent(".build/interop/bin/python").path
    static let schemathesis = repository.appendingPathComponent(".build/interop/bin/schemathesis").path
    static let pictures = repository.appendingPathComponent(".build/screenshots")

    static let hasPython = FileManager.default.isExecutableFile(atPath: python)
    static let hasBrowser =
        hasPython
        && ["chromium", "chromedriver"].allSatisfy { FileManager.default.isExecutableFile(atPath: "/usr/bin/\($0)") }

    static func script(_ name: String) -> String {
        repository.appendingPathComponent("Tests/Interop/\(name).py").path
    }
    static let browserIsMissing: Comment = "needs chromium and chromium-driver: `deploy/packages --tests` installs them"
}

/// The page in a real browser, and its interface judged by its own description and by other people's tools.
@Suite(.serialized)
struct PageScenarios {
    @discardableResult
    private func drive(_ name: String, _ arguments: String...) throws -> String {
        let result = try ChildProcess.run(Tools.python, [Tools.script(name)] + arguments)
        #expect(result.status == 0, "\(name) \(arguments): \(result.errors.suffix(2000))")
        return result.output
    }

    private func url(_ stage: Stage) -> String { "http://127.0.0.1:\(stage.httpPort)" }

    private func events(_ text: String) -> [JSONValue] {
        text.split(separator: "\n").compactMap { try? JSONValue(parsing: Array($0.utf8)) }
    }

    // MARK: The interface

    @Test(.enabled(if: Tools.hasPython, "needs the libraries that deploy/test installs"), .timeLimit(.minutes(3)))
    func everyRouteIsAsDescribed() async throws {
        let stage = try await Stage()
        try await stage.startAgent()
        try drive("api", "check", url(stage))
        let breach = try Stage.newBreach()
        try await stage.alert(
            .active, breach,
            [
                MainJobScenarios.hint("cpu-1", .node, watts: 900),
                MainJobScenarios.hint("rack-1", .chassis, watts: 20_000),
                MainJobScenarios.hint("login", .node, watts: 100), MainJobScenarios.hint("nobody", .node),
                MainJobScenarios.hint("gpu-1-gpu0", .gpu, .suspend, priority: 2),
            ])
        _ = try await stage.report(breach, .applied)
        #expect(try stage.command("freeze", "cpu-2", "--reason", "pump <b>swap</b>").status == 0)
        try drive("api", "check", url(stage))
        // The same as the command prints.
        let socket = try JSONValue(parsing: Array(try stage.command("status", "--json").output.utf8))
        let http = try JSONValue(parsing: Array(await stage.page("/api/v1/status").body.utf8))
        #expect(Set(socket.object?.keys ?? []) == Set(http.object?.keys ?? []))
        #expect(socket["controls"] == http["controls"] && socket["frozen"] == http["frozen"])
        let breaches = try JSONValue(parsing: Array(await stage.page("/api/v1/breaches").body.utf8))
        #expect(breaches.array?.compactMap { $0["id"]?.string } == [breach.text])
        let one = try JSONValue(parsing: Array(await stage.page("/api/v1/breaches/\(breach.text.prefix(8))").body.utf8))
        #expect(one["evidence"]?["results"]?.array?.isEmpty == false)
        try await stage.alert(.resolved, breach)
        _ = try await stage.report(breach, .reverted)
        try drive("api", "check", url(stage))
        await stage.tearDown()
    }

    /// What changed is sent and nothing else, and who was away is told what it missed.
    @Test(.enabled(if: Tools.hasPython, "needs the libraries that deploy/test installs"), .timeLimit(.minutes(2)))
    func theStreamTellsWhatChanges() async throws {
        let stage = try await Stage()
        try await stage.startAgent()
        let log = stage.folder.path("stream.log")
        let listener = try ChildProcess(
            Tools.python, [Tools.script("api"), "stream", url(stage), "", "400"], log: log)
        #expect(try await eventually { listener.output.contains("hello") })
        let breach = try Stage.newBreach()
        try await stage.alert(.active, breach, [MainJobScenarios.hint("cpu-1", .node, watts: 900)])
        _ = try await stage.report(breach, .applied)
        let isApplied: @Sendable (String) -> Bool = { output in
            output.split(separator: "\n").contains {
                $0.contains("\"event\": \"resources\"") && $0.contains("cpu-1") && $0.contains("applied")
            }
        }
        #expect(try await eventually { isApplied(listener.output) }, "\(listener.output.suffix(3000))")
        let told = events(listener.output)
        let first = try #require(told.first?["id"]?.string)
        for event in told where event["event"] == "status" {
            let patch = try JSONValue(parsing: Array((event["data"]?.string ?? "").utf8))
            #expect(patch["controls"] == nil && patch["at"] == nil && patch["agent"] == nil, "\(patch.text)")
        }
        await listener.end()
        // From the first version on, all of it comes again.
        let again = try ChildProcess(
            Tools.python, [Tools.script("api"), "stream", url(stage), first, "400"], log: stage.folder.path("again.log")
        )
        #expect(try await eventually { isApplied(again.output) }, "\(again.output.suffix(3000))")
        let stranger = try ChildProcess.run(Tools.python, [Tools.script("api"), "stream", url(stage), "other.7", "2"])
        #expect(events(stranger.output).last?["event"] == "reset", "\(stranger)")
        // A page that is open does not keep the agent from stopping.
        let began = ContinuousClock.now
        await stage.stopAgent()
        #expect(.now - began < .seconds(8))
        #expect(stage.log.contains("stopped; holds kept"))
        await again.end()
        await stage.tearDown()
    }

    @Test(
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: Tools.schemathesis),
            "needs schemathesis, which deploy/test installs"),
        .timeLimit(.minutes(5)))
    func schemathesisFindsNothing() async throws {
        let stage = try await Stage()
        try await stage.startAgent()
        let breach = try Stage.newBreach()
        try await stage.alert(.active, breach, [MainJobScenarios.hint("cpu-1", .node, watts: 900)])
        _ = try await stage.report(breach, .applied)
        // The stream has no end that a fuzzer could wait for.
        let run = try ChildProcess.run(
            Tools.schemathesis,
            [
                "run", "\(url(stage))/api/v1/openapi.json", "--exclude-path", "/api/v1/stream", "--max-examples", "25",
                "--checks", "all", "--exclude-checks",
                "unsupported_method,positive_data_acceptance,negative_data_rejection",
                "--phases", "examples,coverage,fuzzing", "--seed", "1", "--no-color",
            ], environment: ["HOME": stage.folder.url.path])
        #expect(run.status == 0, "\(run.output.suffix(6000))\(run.errors.suffix(1000))")
        await stage.tearDown()
    }

    // MARK: The page

    private func picture(
        _ stage: Stage, _ name: String, path: String = "/", width: Int = 1280, _ scheme: String = "light"
    ) throws {
        try drive(
            "browse", "picture", url(stage) + path, Tools.pictures.appendingPathComponent("\(name).png").path,
            "\(width)",
            scheme)
    }

    @Test(.enabled(if: Tools.hasBrowser, Tools.browserIsMissing), .timeLimit(.minutes(6)))
    func theStatesOfThePageInABrowser() async throws {
        let stage = try await Stage()
        try await stage.startAgent()
        try drive("browse", "check", url(stage), "cpu-3", "13", Tools.pictures.path)
        #expect(
            try await eventually(within: .seconds(60)) {
                await !stage.page("/").body.contains("not looked at yet")
            })
        try picture(stage, "idle")
        let follower = try ChildProcess(
            Tools.python, [Tools.script("browse"), "follow", url(stage), "cpu-1", "applied"],
            log: stage.folder.path("follow.log"))
        #expect(
            try await eventually(within: .seconds(60)) { follower.output.contains("following") || !follower.isRunning })
        let breach = try Stage.newBreach()
        stage.fleet.bmc(of: "cpu-4")?.faults = [Fault(.status(500, retryAfter: nil))]
        stage.fleet.bmc(of: "cpu-5")?.faults = [Fault(.ignore)]
        let hints =
            (1...8).map { MainJobScenarios.hint("cpu-\($0)", .node, priority: $0 / 3 + 1, watts: 900) }
            + [MainJobScenarios.hint("gpu-1", .node, priority: 4, watts: 6000), MainJobScenarios.hint("login", .node)]
        try await stage.alert(.active, breach, hints)
        #expect(try await eventually(within: .seconds(90)) { !follower.isRunning })
        #expect(!follower.output.contains("Error"), "\(follower.output)")
        _ = try await stage.report(breach, .applied)
        try picture(stage, "failures")
        try picture(stage, "failures-dark", "dark")
        try picture(stage, "failures-narrow", width: 400)
        try picture(stage, "found", path: "/?q=cpu")
        try picture(stage, "resource", path: "/resources/cpu-5")
        try picture(stage, "breach", path: "/breaches/\(breach)")
        #expect(try stage.command("freeze", "--reason", "cooling works", "--for", "30m").status == 0)
        try picture(stage, "frozen")
        #expect(try stage.command("thaw").status == 0)
        await stage.broker.stop()
        #expect(try await eventually { await stage.readiness() == 503 })
        try picture(stage, "broker-down")
        await stage.tearDown()
    }

    /// Of a size at which nobody counts cells, and in its way back.
    @Test(.enabled(if: Tools.hasBrowser, Tools.browserIsMissing), .timeLimit(.minutes(6)))
    func aBreachOf181InABrowser() async throws {
        let inventory = """
            credentials: { bmc: { username: ima, password_file: bmc-password } }
            defaults: { bmc: { credentials: bmc, tls: { ca: bmc-ca.pem } } }
            chassis: [{ id: "rack-[01-10]", feeds: [main-a] }, { id: rack-11, feeds: [main-a] }]
            nodes:
            \((1...10).map { rack in
                let name = rack < 10 ? "0\(rack)" : "\(rack)"
                return "  - { id: \"dgx-\(name)-[01-18]\", bmc: \"https://127.78.\(rack).[1-18]:PORT\", chassis: rack-\(name) }"
            }.joined(separator: "\n"))
              - { id: login, bmc: "https://127.78.11.1:PORT", chassis: rack-11 }
            """
        let stage = try await Stage(inventory: inventory)
        // Slow enough to be looked at.
        let quick = "hold_down: 500ms, step: 50%, every: 200ms"
        try stage.folder.write(
            stage.folder.read("ima.yaml").replacing(quick, with: "hold_down: 1s, step: 5%, every: 5s"), to: "ima.yaml")
        try await stage.startAgent()
        let nodes = (1...10).flatMap { rack in
            (1...18).map { place in "dgx-\(rack < 10 ? "0" : "")\(rack)-\(place < 10 ? "0" : "")\(place)" }
        }
        let breach = try Stage.newBreach()
        try await stage.alert(
            .active, breach,
            (nodes + ["login"]).enumerated().map {
                MainJobScenarios.hint($0.element, .node, priority: $0.offset / 60 + 1, watts: 900)
            })
        _ = try await stage.report(breach, .applied, within: .seconds(90))
        try drive("browse", "check", url(stage), "dgx-07-11", "181", stage.folder.url.path)
        try picture(stage, "breach-181")
        try picture(stage, "breach-181-narrow", width: 400)
        try await stage.alert(.resolved, breach)
        #expect(
            try await eventually { await stage.page("/api/v1/breaches").body.contains("\"phase\":\"releasing\"") })
        try picture(stage, "release")
        await stage.tearDown()
    }

    /// As many cells as a large hall has: what is looked at, sent and painted of them stays bounded. Nobody answers for most
    /// of these nodes, since as many BMCs would be more work than the rest of the tests.
    @Test(.enabled(if: Tools.hasBrowser, Tools.browserIsMissing), .timeLimit(.minutes(10)))
    func aBreachOf10000InABrowser() async throws {
        func rack(_ number: Int, bmc: String) -> String {
            "  - { id: \"dgx-\(number)-[1-100]\", bmc: \"https://127.\(bmc).[1-100]:PORT\", chassis: rack-\(number) }"
        }
        let inventory = """
            credentials: { bmc: { username: ima, password_file: bmc-password } }
            defaults: { bmc: { credentials: bmc, tls: { ca: bmc-ca.pem } } }
            chassis: [{ id: "rack-[1-100]", feeds: [main-a] }]
            nodes:
            \(rack(1, bmc: "78.1"))
            """
        let stage = try await Stage(inventory: inventory)
        let silent = (2...100).map { rack($0, bmc: "79.\($0)") }.joined(separator: "\n")
        let port = try #require(stage.folder.read("site.yaml").firstMatch(of: /:(\d+)"/)?.1)
        try stage.folder.write(
            stage.folder.read("site.yaml") + "\n" + silent.replacing("PORT", with: String(port)), to: "site.yaml")
        try stage.folder.write(
            stage.folder.read("ima.yaml").replacing("retries: 1", with: "retries: 0"), to: "ima.yaml")
        try await stage.startAgent()
        let breach = try Stage.newBreach()
        let nodes = (1...100).flatMap { rack in (1...100).map { "dgx-\(rack)-\($0)" } }
        try await stage.alert(.active, breach, nodes.map { MainJobScenarios.hint($0, .node, watts: 900) })
        _ = try await stage.report(breach, .applied, within: .seconds(300))
        try picture(stage, "breach-10000")
        let paint = try JSONValue(
            parsing: Array(try drive("browse", "measure", url(stage)).utf8), limits: .widest)
        #expect(paint["cells"] == 10_000)
        // A kilobyte each before it is compressed would be too much for a telephone.
        let transferred = try #require(paint["transferred"]?.number?.int)
        #expect(transferred < 600_000, "\(paint.text)")
        await stage.tearDown()
    }
}
