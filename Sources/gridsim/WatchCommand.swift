import ArgumentParser
import CommandLineTool
import FleetSimulator
import Foundation
import GridSimulator
import JOSE
import PowerEvents
import Settings
import StrictJSON

struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Verifies and prints the events on the bus; exit 1 if one does not verify.")

    @OptionGroup var bus: BusArguments
    @Option(name: .long, help: "The JWK set of the agent whose events are expected.") var jwks: String?
    @Option(name: .long, help: "The topic filter.") var topic = Topic.filter(.enforcement)
    @Option(name: .long, help: "End after so many events.") var count: Int?
    @Option(name: .long, help: "End after this time; exit 1 where --count was not reached.") var timeout: String?
    @Flag(name: .long, help: "Print the whole payload, one line an event.") var json = false

    func run() async throws {
        let keys = try jwks.map { path in
            do throws(KeyFile.Unusable) { return try KeyFile.set(path) } catch { throw Failure("\(error)", code: 2) }
        }
        let limit = try timeout.map { text in
            guard let limit = Quantities.duration(text) else {
                throw Failure("--timeout: should be a duration such as 30s (got \"\(text)\")", code: 2)
            }
            return limit
        }
        let watcher = try EventWatcher(
            bus.options(topics: [bus.topicPrefix + topic]), keys: keys, logger: BusArguments.logger)
        watcher.start()
        defer { watcher.stop() }
        try await bus.awaitConnection { watcher.isConnected }
        let complete = try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask { try await show(watcher, keys: keys) }
            if let limit {
                group.addTask {
                    try await Task.sleep(for: limit)
                    return count == nil
                }
            }
            defer { group.cancelAll() }
            return try await group.next() ?? true
        }
        if !complete { throw Failure("fewer than \(count ?? 0) events came within \(timeout ?? "")") }
    }

    private func show(_ watcher: EventWatcher, keys: JWKSet?) async throws -> Bool {
        var seen = 0
        for await sighting in watcher.sightings {
            let trust = keys == nil ? "unchecked" : sighting.doubt.map { "NOT VERIFIED: \($0)" } ?? "verified"
            if json {
                print(sighting.payload.text)
            } else {
                print("\(sighting.event.time) \(sighting.event.type.rawValue) \(sighting.event.source) \(trust)")
                if let enforcement = sighting.enforcement { EnforcementText.lines(enforcement).forEach { print($0) } }
            }
            fflush(nil)
            if keys != nil, let doubt = sighting.doubt { throw Failure("an event did not verify: \(doubt)") }
            seen += 1
            if seen == count { return true }
        }
        return true
    }
}

/// An enforcement event for people.
enum EnforcementText {
    static func lines(_ enforcement: Enforcement) -> [String] {
        let head =
            "  breach \(enforcement.breachID) on \(enforcement.feedTag): \(enforcement.action.rawValue), "
            + "\(enforcement.code.rawValue)" + (enforcement.diagnosticMessage.map { " (\($0))" } ?? "")
        return [head]
            + enforcement.results.map { result in
                let power = result.appliedPower.map { " at \($0.valueText) \($0.unit.rawValue)" } ?? ""
                return "    \(result.code.rawValue) \(result.requestedAction.rawValue) \(result.resourceID)\(power)"
                    + (result.message.map { " - \($0)" } ?? "")
            }
    }
}
