import Agent
import ArgumentParser
import CommandLineTool
import Curl
import StrictJSON
import Terminal

struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Why a resource holds what it holds: its rules, its holds, its prior, and what happened to it.")

    @OptionGroup var options: SocketOption
    @Flag(name: .long, help: "Print JSON.") var json = false
    @Argument(
        help: "Nodes, GPUs, chassis, groups or feeds of the inventory, or ranges of them.",
        completion: AgentNames.resources.completion)
    var resources: [String]

    func run() async throws {
        let query = resources.map { "resource=\(ControlClient.escape($0))" }.joined(separator: "&")
        let answer = try await ControlClient.ask("/explain?\(query)", options)
        if json { return print(answer.text) }
        let blocks = (answer.array ?? [answer]).map { Self.lines($0).joined(separator: "\n") }
        print(blocks.joined(separator: "\n\n"))
    }

    private static func lines(_ answer: JSONValue) -> [String] {
        var lines = [answer["summary"]?.string ?? "\(text(answer, "resource")): no longer in the inventory"]
        let controls = answer["controls"]?.array ?? []
        lines += StatusJudgement.freezes(of: answer)
        if controls.isEmpty { lines.append("nothing is held") }
        for control in controls {
            let before = control["prior"]?.string.map { "before \($0)" } ?? "before unread"
            let held = control["held"]?.string.map { "holds \($0)" } ?? "nothing confirmed"
            let message = control["message"]?.string.map { " (\($0))" } ?? ""
            lines.append("\(text(control, "control")): \(before), \(held), \(text(control, "code"))\(message)")
            for hold in control["holds"]?.array ?? [] {
                let state = hold["released"] == true ? "let go" : text(hold, "phase")
                lines.append(
                    "  priority \(hold["priority"]?.text ?? "") of breach \(text(hold, "breach_id")) on"
                        + " \(text(hold, "feed")), \(state): \(text(hold, "action")), \(text(hold, "demand"))")
            }
            if let corrections = control["corrections"]?.number?.int, corrections > 0 {
                lines.append("  put back \(corrections) times after somebody else had changed it")
            }
            if let next = control["next_look"]?.string { lines.append("  read again at \(next)") }
        }
        return lines + (answer["history"]?.array ?? []).map { HistoryText.line($0) }
    }

    private static func text(_ json: JSONValue, _ key: String) -> String { json[key]?.string ?? "" }
}
