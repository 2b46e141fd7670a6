import Foundation
import GridSimulator
import JOSE
import PowerEvents
import StrictJSON
import TestSupport
import Testing

/// One run of `gridsim loop`, and what it left.
struct LoopRun {
    let status: Int32
    let errors: String
    let json: JSONValue
    let folder: TemporaryFolder
    let messages: [CapturedMessage]

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// - Parameter pace: how many times faster than an operator would watch it
    init(_ scenario: String, pace: Double = 4) async throws {
        let folder = try TemporaryFolder()
        self.folder = folder
        let path =
            scenario.hasPrefix("/")
            ? scenario : Self.root.appendingPathComponent("deploy/scenarios/\(scenario).yaml").path
        // Waited for without a thread: other tests want theirs.
        let log = folder.path("loop.log")
        let child = try ChildProcess(
            Stage.programs.appendingPathComponent("gridsim").path,
            ["loop", "--json", "--pace", "\(pace)", "--scenario", path, "--out", folder.url.path], log: log)
        _ = try await eventually(within: .seconds(170)) { !child.isRunning }
        if child.isRunning { await child.end() }
        let lines = child.output.split(separator: "\n")
        let answer = lines.first { $0.hasPrefix("{") }
        errors = lines.filter { !$0.hasPrefix("{") }.joined(separator: "\n")
        status = answer != nil && errors.isEmpty ? 0 : 1
        json = answer.flatMap { try? JSONValue(parsing: Array($0.utf8), limits: .widest) } ?? .null
        messages = try folder.read("events.jsonl").split(separator: "\n").map { try CapturedMessage(line: $0) }
    }

    static func gridsim(_ arguments: String...) throws -> (status: Int32, output: String, errors: String) {
        try ChildProcess.run(Stage.programs.appendingPathComponent("gridsim").path, arguments)
    }

    var alerts: [(at: Timestamp, alert: BreachAlert)] {
        payloads(.breachAlert).compactMap { at, json in (try? BreachAlert(json: json)).map { (at, $0) } }
    }

    var enforcements: [(at: Timestamp, enforcement: Enforcement)] {
        payloads(.enforcement).compactMap { at, json in (try? Enforcement(json: json)).map { (at, $0) } }
    }

    func payloads(_ type: EventType) -> [(at: Timestamp, json: JSONValue)] {
        messages.compactMap { message in
            guard let event = try? CloudEvent(decoding: Array(message.payload.utf8)), event.type == type else {
                return nil
            }
            switch event.data {
            case .unsigned(let json): return (message.time, json)
            case .signed(let token):
                guard let bytes = JWS.unverifiedPayload(token),
                    let json = try? JSONValue(parsing: bytes)
                else { return nil }
                return (message.time, json)
            }
        }
    }

    struct Sample {
        let t: Double
        let feed: String
        let watts: Double
        let target: Double?
    }

    var samples: [Sample] {
        (json["samples"]?.array ?? []).compactMap { sample in
            guard let t = sample["t"]?.number?.double, let feed = sample["feed"]?.string,
                let watts = sample["watts"]?.number?.double
            else { return nil }
            return Sample(t: t, feed: feed, watts: watts, target: sample["target"]?.number?.double)
        }
    }

    /// Processes that were started for this run and are still there.
    var leftovers: [String] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return entries.filter { Int($0) != nil }.compactMap { id in
            let line = FileManager.default.contents(atPath: "/proc/\(id)/cmdline").map {
                String(decoding: $0, as: UTF8.self)
            }
            return line.flatMap { $0.contains(folder.url.path) ? $0 : nil }
        }
    }
}
