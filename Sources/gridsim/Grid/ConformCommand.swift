import ArgumentParser
import CommandLineTool
import EventBus
import Foundation
import GridSimulator
import JOSE
import Mosquitto
import PowerEvents
import Settings
import StrictJSON
import Synchronization

struct ConformCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conform",
        abstract: "Judges somebody's events against the contract, with a report; exit 1 on violations.",
        discussion: """
            Watches a broker for a time, or reads a capture: one JSON object a line, with time, topic and payload (the text \
            on the wire), and where they are known qos and retained. Events of other roles are only what the judged ones go \
            back to, such as the alerts that an enforcement event answers.
            """)

    @OptionGroup var bus: BusArguments
    @Option(name: .long, help: "infra, poweragent or isv; all of them without it.") var role: String?
    @Option(name: .long, help: "A JWK set with keys of whoever signs; may be repeated.") var jwks: [String] = []
    @Option(name: .long, help: "How long to watch.") var `for` = "60s"
    @Option(name: .long, help: "A capture to judge instead of a broker; - is standard input.") var capture: String?
    @Flag(name: .long, help: "The capture is a piece of a conversation: what is open at its end is no violation.")
    var partial = false
    @Flag(name: .long, help: "Print the report as JSON.") var json = false
    @Flag(name: .long, help: "Print every rule with its source, and end.") var rules = false

    func validate() throws {
        if partial, capture == nil { throw ValidationError("--partial goes with --capture") }
    }

    func run() async throws {
        let role = try role.map { text in
            guard let role = EventSource.Role.allCases.first(where: { $0.spellings.contains(text) }) else {
                throw Failure("--role: should be infra, poweragent or isv (got \"\(text)\")", code: 2)
            }
            return role
        }
        if rules { return list(role) }
        var options = ConformanceJudge.Options(role: role, keys: try keys())
        options.topicPrefix = bus.topicPrefix
        options.isComplete = capture != nil && !partial
        var judge = ConformanceJudge(options)
        if let capture { try read(capture, into: &judge) } else { judge = try await watch(judge) }
        let report = judge.finish()
        print(json ? report.json.text : report.text)
        fflush(nil)
        if !report.conforms { throw ExitCode(1) }
    }

    private func list(_ role: EventSource.Role?) {
        for rule in ConformanceRule.all where role.map({ rule.roles.contains($0) }) ?? true {
            print("\(rule.id) (\(rule.level.rawValue)): \(rule.statement)\n    by \(rule.source)")
        }
    }

    private func keys() throws -> JWKSet? {
        guard !jwks.isEmpty else { return nil }
        var all: [JWK] = []
        var places: [String: (key: JWK, path: String)] = [:]
        for path in jwks {
            let set: JWKSet
            do { set = try KeyFile.set(path) } catch { throw Failure("\(error)", code: 2) }
            for id in set.keyIDs {
                guard let key = set[id] else { continue }
                if let first = places[id], !first.key.isSame(as: key) {
                    throw Failure("\(path): the key \"\(id)\" is another one in \(first.path)", code: 2)
                }
                places[id] = (key, path)
                all.append(key)
            }
        }
        return JWKSet(unique: all)
    }

    private func read(_ path: String, into judge: inout ConformanceJudge) throws {
        let data =
            path == "-" ? FileHandle.standardInput.readDataToEndOfFile() : FileManager.default.contents(atPath: path)
        guard let data else { throw Failure("\(path): the capture cannot be read", code: 2) }
        for (index, line) in String(decoding: data, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false
        ).enumerated() where !line.allSatisfy(\.isWhitespace) {
            do { judge.take(try CapturedMessage(line: line)) } catch {
                throw Failure("\(path):\(index + 1): \(error)", code: 2)
            }
        }
    }

    private func watch(_ judge: ConformanceJudge) async throws -> ConformanceJudge {
        guard let limit = Quantities.duration(`for`) else {
            throw Failure("--for: should be a duration such as 60s (got \"\(`for`)\")", code: 2)
        }
        let box = JudgeBox(judge)
        var options = try bus.options(topics: [bus.topicPrefix + "grid/v1/#"])
        options.subscribeQoS = 2
        let connection = try BusConnection(
            options, logger: BusArguments.logger,
            onMessage: { message in
                box.take(
                    CapturedMessage(
                        time: .now, topic: message.topic, payload: String(decoding: message.payload, as: UTF8.self),
                        qos: message.qos, retained: message.retained))
                return true
            })
        connection.start()
        defer { connection.stop() }
        try await bus.awaitConnection { connection.isConnected }
        _ = await Interruption.orResult { try await Task.sleep(for: limit) }
        return box.judge
    }

    private final class JudgeBox: Sendable {
        private let state: Mutex<ConformanceJudge>
        init(_ judge: ConformanceJudge) { state = Mutex(judge) }
        func take(_ message: CapturedMessage) { state.withLock { $0.take(message) } }
        var judge: ConformanceJudge { state.withLock { $0 } }
    }
}
