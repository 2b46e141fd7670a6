import EventBus
import FleetSimulator
import Foundation
import Mosquitto
import OpenSSL
import PowerEvents
import StrictJSON
import Synchronization
import TestSupport
import Testing

/// Other people's libraries on both ends: alerts that jwcrypto and joserfc signed are obeyed, and our events verify there
/// and are what the bus promises, by jsonschema.
@Suite(.serialized)
struct InteropScenarios {
    private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Made by `deploy/test`.
    private static let python = repository.appendingPathComponent(".build/interop/bin/python").path

    private func interop(_ arguments: [String], input: String = "") throws -> String {
        let script = Self.repository.appendingPathComponent("Tests/Interop/interop.py").path
        let result = try ChildProcess.run(Self.python, [script] + arguments, input: input)
        #expect(result.status == 0, "\(arguments): \(result.errors)")
        return result.output
    }

    @Test(
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: python), "needs the libraries that deploy/test installs"),
        .timeLimit(.minutes(2)), arguments: ["jwcrypto", "joserfc"], ["ES256", "RS256"])
    func alertsAndEventsAreUnderstood(library: String, algorithm: String) async throws {
        let stage = try await Stage(signingKey: algorithm == "ES256" ? .p256 : .rsa(bits: 2048))
        _ = try interop(["keys", library, algorithm, stage.folder.url.path])
        try stage.folder.write(stage.folder.read("alert.jwks.json"), to: "dps.json")
        try await stage.startAgent()
        var listening = BusOptions(address: try stage.broker.address, clientID: "")
        listening.topics = ["grid/v1/infra/ima-test/powerbreach/enforcement"]
        let log = RawLog()
        let listener = try BusConnection(
            listening, logger: Stage.quiet,
            onMessage: { message in
                log.lines.withLock { $0.append(String(decoding: message.payload, as: UTF8.self)) }
                return true
            })
        listener.start()
        defer { listener.stop() }
        #expect(try await eventually { listener.isConnected })
        let breach = try Stage.newBreach()
        for status in [BreachAlert.Status.active, .resolved] {
            let hints = [
                MainJobScenarios.hint("cpu-1", .node, watts: 1), MainJobScenarios.hint("gpu-1-gpu0", .gpu, .suspend),
                MainJobScenarios.hint("nobody", .node),
            ]
            let payload = stage.payload(status, breach, status == .resolved ? [] : hints, .critical)
            let token = try interop(["sign", library, algorithm, stage.folder.url.path], input: payload.json.text)
            var event = try stage.powerAgent.event(.breachAlert, payload.json, time: Stage.now)
            event.data = .signed(token)
            try await stage.powerAgent.publish(event)
            _ = try await stage.report(breach, status == .active ? .applied : .reverted)
        }
        let keys = try stage.folder.write(stage.command("keys", "jwks").output, to: "ima.jwks.json")
        #expect(try await eventually { log.lines.withLock { $0.count } >= 2 })
        for line in log.lines.withLock({ $0 }) {
            #expect(try interop(["verify", library, keys], input: line) == "verified and valid\n")
        }
        await stage.tearDown()
    }

    private final class RawLog: Sendable {
        let lines = Mutex<[String]>([])
    }
}
