import Agent
import ArgumentParser
import CommandLineTool
import StrictJSON

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "What the running agent holds, and for which breaches.")

    @OptionGroup var options: SocketOption
    @Flag(name: .long, help: "Print JSON.") var json = false

    func run() async throws {
        let status = try await ControlClient.ask("/status", options)
        if json { return print(status.text) }
        let breaches = status["breaches"]?.array ?? []
        let controls = status["controls"]?.array ?? []
        let frozen = status["frozen"]?.object == nil ? "" : ", FROZEN\(Self.frozen(status["frozen"]))"
        print(
            "\(status["resources"]?.text ?? "0") resources, \(breaches.count) breaches, \(controls.count) controls\(frozen)"
        )
        for line in Self.configuration(status) { print(line) }
        if let reason = status["awaiting_resume"]?.string { print("NOT RESUMED: the journal is not taken up;", reason) }
        let readiness = status["readiness"]
        print(
            "patrol: \(readiness?["enforceable"]?.text ?? "0") of the",
            "\(readiness?["visited"]?.text ?? "0") probed resources are enforceable",
            "(\(readiness?["of"]?.text ?? "0") have a BMC)")
        for one in readiness?["not_enforceable"]?.array ?? [] {
            print("  \(one["resource"]?.string ?? ""): \(one["why"]?.string ?? "")")
        }
        for breach in breaches {
            print(
                "breach \(breach["breach_id"]?.string ?? "") on \(breach["feed"]?.string ?? ""):",
                breach["phase"]?.string ?? "",
                breach["awaiting_resume"] == true ? "(waits for `ima resume` or `ima release`)" : "")
            for line in Self.progress(breach) { print("  \(line)") }
        }
        if let broker = status["broker"]?.string, broker != "subscribed" { print("DEAF: the broker is \(broker)") }
        if let failure = status["journal_failure"]?.string { print("JOURNAL: \(failure)") }
        // Of thousands, those that are not as they should be.
        let shown = controls.count <= Self.mostControls ? controls : controls.filter { $0["code"] != "applied" }
        defer { if shown.count > Self.mostControls { print("and \(shown.count - Self.mostControls) more controls") } }
        for control in shown.prefix(Self.mostControls) {
            print(
                "\(control["control"]?.string ?? ""): before \(control["prior"]?.string ?? "unread"),",
                "holds \(control["held"]?.string ?? "nothing confirmed"), \(control["code"]?.string ?? "")",
                control["message"]?.string.map { "(\($0))" } ?? "")
        }
    }

    private static let mostControls = 20

    /// How far a breach has come, in hints and in watts.
    private static func progress(_ breach: JSONValue) -> [String] {
        func counts(_ json: JSONValue?) -> String {
            let names = [
                ("applied", "applied"), ("failed", "failed"), ("skipped", "skipped"), ("in_progress", "in progress"),
            ]
            let told = names.compactMap { key, word in
                json?[key]?.text == "0" ? nil : json?[key].map { "\($0.text) \(word)" }
            }
            return told.isEmpty ? "nothing to do" : told.joined(separator: ", ")
        }
        func power(_ json: JSONValue?) -> String {
            func watts(_ key: String) -> String { json?[key]?.text ?? "0" }
            let share = json?["coverage"]?.number.flatMap { Double($0.text) } ?? 0
            return "asked \(watts("asked_watts")) W, confirmed \(watts("confirmed_watts")) W,"
                + " measured \(watts("measured_watts")) W (coverage \(Int((share * 100).rounded())) %)"
        }
        var lines = [counts(breach["counts"]), power(breach["power"])]
        for priority in (breach["priorities"]?.array ?? []).prefix(8) {
            lines.append("priority \(priority["priority"]?.text ?? ""): \(counts(priority))")
        }
        if let next = breach["release"]?["next_at"]?.string {
            lines.append("release: \(breach["release"]?["remaining"]?.text ?? "0") left, next at \(next)")
        }
        return lines
    }

    /// Such as ` by root since 2026-11-21T04:20:00Z (cooling works)`.
    private static func frozen(_ json: JSONValue?) -> String {
        let parts = json?["freezes"]?.array?.count ?? 1
        let scope = json?["scope"] == "all" ? "" : ": \(json?["scope"]?.string ?? "")"
        // Several are several people's; the scopes are told, and `--json` has the rest.
        if parts > 1, !scope.isEmpty { return scope }
        let user = json?["user"]?.string.map { " by \($0)" } ?? ""
        let since = json?["since"]?.string.map { " since \($0)" } ?? ""
        let until = json?["until"]?.string.map { " until \($0)" } ?? ""
        return scope + user + since + until + (json?["reason"]?.string.map { " (\($0))" } ?? "")
    }

    /// What operators should know of the configuration that is in force; nothing where it is the one of the files.
    private static func configuration(_ status: JSONValue) -> [String] {
        guard let configuration = status["configuration"] else { return [] }
        let generation = configuration["generation"]?.text ?? "1"
        var lines: [String] = []
        for error in configuration["errors"]?.array ?? [] {
            lines.append("RELOAD FAILED, generation \(generation) stays in force: \(error.string ?? "")")
        }
        let keys = (configuration["needs_restart"]?.array ?? []).compactMap(\.string)
        if !keys.isEmpty { lines.append("needs a restart: \(keys.joined(separator: ", "))") }
        return lines
    }
}
