import Agent
import ArgumentParser
import CommandLineTool
import Foundation
import StrictJSON
import Terminal

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "How the running agent is, and what it holds for which breaches.",
        discussion: """
            At most 40 lines, whatever the size; --json has everything. Exit code 1 where something is wrong: the agent is \
            deaf or frozen, its journal fails or waits for a resume, its configuration is not wholly in force, resources \
            are not enforceable, or something failed in a breach.
            """)

    @OptionGroup var options: SocketOption
    @Flag(name: .long, help: "Print JSON.") var json = false
    @Flag(name: .long, help: "Again every two seconds, until interrupted.") var watch = false

    func validate() throws {
        if watch, json { throw ValidationError("--watch or --json, not both") }
    }

    func run() async throws {
        if watch { return try await redraw() }
        let status = try await ControlClient.ask("/status", options)
        if json {
            print(status.text)
        } else {
            for line in StatusText.lines(status, style: Screen.style) { print(line) }
        }
        if !StatusJudgement(status).isGood { throw ExitCode(1) }
    }

    private static let period = Duration.seconds(2)

    private func redraw() async throws {
        while !Task.isCancelled {
            var lines: [String]
            do {
                lines = StatusText.lines(try await ControlClient.ask("/status", options), style: Screen.style)
            } catch let failure as Failure where failure.code == 1 {
                lines = [Screen.style(.bad, "NO ANSWER: \(failure.message)")]
            }
            if Screen.isTerminal {
                // Home, then each line to its end, then what is left of the screen before.
                print("\u{1B}[H" + lines.map { "\($0)\u{1B}[K\n" }.joined() + "\u{1B}[J", terminator: "")
            } else {
                print(lines.joined(separator: "\n") + "\n")
            }
            Screen.flush()
            try await Task.sleep(for: Self.period)
        }
    }
}
