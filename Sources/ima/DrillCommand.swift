import Agent
import ArgumentParser
import CommandLineTool
import Foundation
import OperatorAPI
import PowerEvents
import Settings
import StrictJSON
import Terminal

struct DrillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drill",
        abstract: "A rehearsal on chosen resources: caps them, reads back, meters, puts everything back, and reports.",
        discussion: """
            The running agent does it, with its journal: whatever is interrupted, everything is put back. It refuses while a \
            breach is not over, and gives way to an alert. Nothing is published. Exit code 0 only if every control was \
            capped, read back and put back exactly.
            """)

    @OptionGroup var options: SocketOption
    @OptionGroup var reason: ReasonOption
    @Argument(
        help: "Resources, ranges of them, racks, groups, feeds or BMCs.", completion: AgentNames.resources.completion)
    var resources: [String]
    @Option(name: .long, help: "The cap, of each control's maximum.") var cap = "90%"
    @Option(
        name: .long, help: "How long the caps stand once they are read back; else settle_time and meter_every together."
    )
    var hold: String?
    @Flag(name: .long, help: "Without asking.") var yes = false
    @Option(
        name: .long, help: "Write what was proven on which hardware to this new file (.json for JSON, else Markdown).")
    var report: String?
    @Flag(name: .long, help: "Print JSON.") var json = false

    func validate() throws {
        guard let share = Quantities.share(cap), share > .percent(0) else {
            throw ValidationError("--cap is a share over 0% and up to 100% (got \"\(cap)\")")
        }
        if let hold, Quantities.duration(hold) == nil { throw ValidationError("--hold is no time (got \"\(hold)\")") }
    }

    func run() async throws {
        if let report, FileManager.default.fileExists(atPath: report) {
            throw Failure("\(report): exists already, and is not overwritten", code: 2)
        }
        var request = CommandRequest()
        request.resources = resources
        request.cap = cap
        request.duration = hold
        request.reason = reason.reason
        request.dryRun = true
        let plan = try Self.parse(try await ControlClient.command("/drill", request, options))
        if !json { for line in DrillText.plan(plan) { print(line) } }
        try confirm()
        request.dryRun = false
        let begun = try Self.parse(try await ControlClient.command("/drill", request, options))
        let id = begun["id"]?.string ?? ""
        if !json { print("drill \(id)") }
        let drill = try await follow(id)
        if json { print(drill.text) } else { for line in DrillText.results(drill, style: Screen.style) { print(line) } }
        if let report {
            let text = report.hasSuffix(".json") ? drill.text + "\n" : DrillReport.text(drill)
            do { try NewFile.write(text, to: report) } catch { throw Failure("\(error)", code: 2) }
            if !json { print("report: \(report)") }
        }
        if !DrillText.isProven(drill) { throw ExitCode(1) }
    }

    private static func parse(_ answer: [UInt8]) throws -> JSONValue {
        guard let json = try? JSONValue(parsing: answer) else { throw Failure("the agent's answer is no JSON") }
        return json
    }

    private func confirm() throws {
        if yes { return }
        guard isatty(STDIN_FILENO) == 1 else {
            throw Failure("a drill is not begun unasked: say --yes where nobody can be asked", code: 2)
        }
        FileHandle.standardError.write(Data("begin? [y/N] ".utf8))
        let answer = readLine()?.lowercased() ?? ""
        guard ["y", "yes"].contains(answer) else { throw Failure("not begun") }
    }

    private static let period = Duration.milliseconds(300)
    /// For how long an agent that does not answer is waited for.
    private static let patience = Duration.seconds(60)
    /// For how long reverts that fail are waited for; the agent goes on with them.
    private static let longestRestore = Duration.seconds(180)

    /// Says what happens as it does, until it is over.
    private func follow(_ id: String) async throws -> JSONValue {
        var told: Set<String> = []
        var lastAnswer = ContinuousClock.now
        var restoring: ContinuousClock.Instant?
        while true {
            do {
                let drill = try await ControlClient.ask("/drill/\(id)", options)
                lastAnswer = .now
                if !json { for (key, line) in Self.news(drill) where told.insert(key).inserted { print(line) } }
                Screen.flush()
                if drill["phase"] == "done" { return drill }
                if drill["phase"] == "restoring", restoring == nil { restoring = .now }
                if let restoring, ContinuousClock.now - restoring > Self.longestRestore {
                    throw Failure(
                        "not everything is put back yet; the agent goes on with it: `ima status`, "
                            + "`ima history --breach \(id.prefix(8))`")
                }
            } catch let failure as Failure where failure.message.contains("no agent answers") {
                guard ContinuousClock.now - lastAnswer < Self.patience else {
                    throw Failure("\(failure.message); what the drill holds is put back when the agent starts again")
                }
            } catch let failure as Failure where failure.message.contains("has not begun that drill") {
                throw Failure(
                    "the agent was started anew and puts back what the drill held: `ima history --breach \(id.prefix(8))`"
                )
            }
            try await Task.sleep(for: Self.period)
        }
    }

    /// What there is to be said by now, each under a name of its own.
    private static func news(_ drill: JSONValue) -> [(String, String)] {
        func seconds(_ key: String) -> String? {
            (drill[key]?.number?.int).map { String(format: "%7.2fs", Double($0) / 1000) }
        }
        func counts(_ key: String, _ applied: String) -> String {
            let counts = drill[key]
            return [("applied", applied), ("failed", "failed"), ("skipped", "skipped"), ("in_progress", "in progress")]
                .compactMap { name, word in
                    counts?[name]?.number?.int.flatMap { $0 > 0 ? "\($0) \(word)" : nil }
                }.joined(separator: ", ")
        }
        var news: [(String, String)] = []
        if let time = seconds("settled_ms") {
            news.append(("settled", "\(time)  \(counts("capped", "capped and read back")); held"))
        }
        if let time = seconds("released_ms") {
            let power = drill["power"]
            let measured = power?["measured_watts"]?.text ?? "0"
            let share = power?["coverage"]?.number.flatMap { Double($0.text) } ?? 0
            news.append(
                (
                    "released",
                    "\(time)  measured \(measured) W less than before (coverage \(Int((share * 100).rounded())) %); restoring"
                ))
        }
        if let time = seconds("ended_ms") { news.append(("ended", "\(time)  ended")) }
        return news
    }
}
