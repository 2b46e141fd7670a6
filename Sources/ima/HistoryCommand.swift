import Agent
import ArgumentParser
import CommandLineTool
import Curl
import Foundation
import StrictJSON

struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "What happened, from the running agent's journal: alerts, outcomes, reports, commands.")

    @OptionGroup var options: SocketOption
    @Flag(name: .long, help: "Messages that were refused, and why, instead.") var refused = false
    @Option(
        name: .long, help: "Only this breach_id, or the first characters of it.",
        completion: AgentNames.pastBreaches.completion) var breach: String?
    @Option(
        name: .long, help: "Only this resource, range, rack, group or feed; may be given several times.",
        completion: AgentNames.resources.completion)
    var resource: [String] = []
    @Option(name: .long, help: "The latest so many lines, at most 10000.") var limit = 50
    @Flag(name: .long, help: "Print JSON.") var json = false

    func validate() throws {
        guard (1...10_000).contains(limit) else { throw ValidationError("--limit is 1 to 10000 (got \(limit))") }
    }

    func run() async throws {
        var query = ["limit=\(limit)"]
        if refused { query.append("refused=true") }
        if let breach { query.append("breach=\(ControlClient.escape(breach))") }
        query += resource.map { "resource=\(ControlClient.escape($0))" }
        let answer = try await ControlClient.ask("/history?" + query.joined(separator: "&"), options)
        if json { return print(answer.text) }
        for line in answer.array ?? [] { print(refused ? Self.refusal(line) : Self.line(line)) }
    }

    /// `2026-11-21T04:20:00.125Z outcome applied dgx-01/power_limit 6000 W (before 10200 W): why`
    static func line(_ line: JSONValue) -> String {
        var text = ["at", "kind", "code", "scope", "control", "value"].compactMap { line[$0]?.string }.joined(
            separator: " ")
        if let prior = line["prior"]?.string { text += " (before \(prior))" }
        if let user = line["user"]?.string { text += " by \(user)" }
        if line["control"] == nil, let breach = line["breach_id"]?.string { text += " breach \(breach)" }
        let words = ["message", "reason"].compactMap { line[$0]?.string }
        return text + (words.isEmpty ? "" : ": \(words.joined(separator: "; "))")
    }

    private static func refusal(_ line: JSONValue) -> String {
        let facts = ["source", "event_id", "topic"].compactMap { key in line[key]?.string.map { "\(key) \($0)" } }
        return "\(line["at"]?.string ?? "") \(line["reason"]?.string ?? ""): \(line["detail"]?.string ?? "")"
            + " (\(facts.joined(separator: ", ")), sha256 \(line["sha256"]?.string ?? ""))"
    }
}
