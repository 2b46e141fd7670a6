import Agent
import ArgumentParser
import CommandLineTool
import Curl
import StrictJSON

struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Why a resource holds what it holds: its rules, its holds, its prior, and what happened to it.")

    @OptionGroup var options: ConfigOption
    @Flag(name: .long, help: "Print JSON.") var json = false
    @Argument(help: "A node, GPU or chassis of the inventory.") var resource: String

    func run() async throws {
        let answer = try await ControlClient.ask(
            .get, "/explain?resource=\(ControlClient.escape(resource))", options)
        if json { return print(answer.text) }
        for line in Self.lines(answer) { print(line) }
    }

    private static func lines(_ answer: JSONValue) -> [String] {
        var lines = [Self.inventory(answer)]
        let controls = answer["controls"]?.array ?? []
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
            if let next = control["next_look"]?.string { lines.append("  looked at again at \(next)") }
        }
        return lines + (answer["history"]?.array ?? []).map(HistoryCommand.line)
    }

    private static func inventory(_ answer: JSONValue) -> String {
        guard let resource = answer["inventory"], !resource.isNull else {
            return "\(text(answer, "resource")): no longer in the inventory"
        }
        var facts = [text(resource, "type")]
        if let bmc = resource["bmc"]?.string { facts.append("BMC \(bmc)") }
        if let parent = resource["parent"]?.string { facts.append("in \(parent)") }
        if let feeds = resource["feeds"]?.array?.compactMap(\.string) {
            facts.append("on \(feeds.joined(separator: ", "))")
        }
        if let floor = resource["floor"]?.string { facts.append("floor \(floor)") }
        if resource["protected"] == true {
            facts.append("protected: never touched")
        } else {
            let allowed = resource["allow"]?.array?.compactMap(\.string) ?? []
            facts.append("allows \(allowed.isEmpty ? "nothing" : allowed.joined(separator: ", "))")
        }
        return "\(text(answer, "resource")): \(facts.joined(separator: "; "))"
    }

    private static func text(_ json: JSONValue, _ key: String) -> String { json[key]?.string ?? "" }
}
