import Agent
import ArgumentParser
import CommandLineTool
import Foundation
import PowerEvents
import StrictJSON
import Terminal

struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "What happened, from the running agent's journal: alerts, outcomes, reports, commands.",
        discussion: """
            Times for --since and --until: 2026-11-21T04:20:00Z, 04:20 (of the wall clock here, the latest that is past), or so \
            long ago as 2h. On a terminal it is coloured and goes through $PAGER where it is long; NO_COLOR is respected.
            """)

    @OptionGroup var options: SocketOption
    @Flag(name: .long, help: "Messages that were refused, and why, instead.") var refused = false
    @Option(
        name: .long, help: "Only this breach_id, or the first characters of it.",
        completion: AgentNames.pastBreaches.completion) var breach: String?
    @Option(
        name: .long,
        help:
            "Only this resource, range, rack, group or feed, with --journal an id or range; may be given several times.",
        completion: AgentNames.resources.completion)
    var resource: [String] = []
    @Option(name: .long, help: "Only from this time on.") var since: String?
    @Option(name: .long, help: "Only up to this time.") var until: String?
    @Option(name: .long, help: "The latest so many lines, at most 10000; 50, or with --since all.") var limit: Int?
    @Flag(name: .long, help: "Go on printing what happens, until interrupted.") var follow = false
    @Option(name: .long, help: "Read this journal; no agent need be running.") var journal: String?
    @Flag(name: .long, help: "Print JSON; with --follow one object a line.") var json = false

    private static let most = 10_000
    private static let followPeriod = Duration.milliseconds(500)

    func validate() throws {
        if let limit, !(1...Self.most).contains(limit) {
            throw ValidationError("--limit is 1 to \(Self.most) (got \(limit))")
        }
        if refused, breach != nil || !resource.isEmpty || since != nil || until != nil || follow {
            throw ValidationError("--refused goes with --limit and --json only")
        }
        if follow, until != nil { throw ValidationError("--follow or --until, not both") }
    }

    func run() async throws {
        var request = HistoryRequest()
        request.isRefusals = refused
        request.breach = breach
        request.resources = resource
        let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        request.since = try Self.time(since, "--since", now: now)
        request.until = try Self.time(until, "--until", now: now)
        if let since = request.since, let until = request.until, since > until {
            throw Failure("--since \(since) is later than --until \(until)", code: 2)
        }
        request.limit = limit ?? (since == nil ? 50 : Self.most)
        let lines = try await fetch(request)
        if follow { return try await follow(lines, request) }
        if json { return print(JSONValue.array(lines).text) }
        let style = Screen.style
        Screen.page(lines.map { refused ? HistoryText.refusal($0, style: style) : HistoryText.line($0, style: style) })
    }

    private static func time(_ text: String?, _ option: String, now: Timestamp) throws -> Timestamp? {
        guard let text else { return nil }
        do throws(TimeArgument.Unusable) { return try TimeArgument.parse(text, now: now) } catch {
            throw Failure("\(option) \(error.description)", code: 2)
        }
    }

    private func fetch(_ request: HistoryRequest) async throws -> [JSONValue] {
        guard let journal else {
            return try await ControlClient.ask("/history?\(request.query)", options).array ?? []
        }
        do { return try await HistoryDesk.read(request, journal: journal).array ?? [] } catch {
            throw Failure("\(error)", code: error is BreachName.NotOne || error is HistoryDesk.NothingKnown ? 1 : 2)
        }
    }

    private func follow(_ first: [JSONValue], _ request: HistoryRequest) async throws {
        var request = request
        var lines = first
        var isLost = false
        while !Task.isCancelled {
            for line in lines { print(json ? line.text : HistoryText.line(line, style: Screen.style)) }
            Screen.flush()
            request.after = lines.last?["seq"]?.number?.int ?? request.after ?? 0
            request.limit = Self.most
            try await Task.sleep(for: Self.followPeriod)
            do {
                lines = try await fetch(request)
                isLost = false
            } catch let failure as Failure {
                // An agent that is restarted goes on in the same journal.
                if !isLost { FileHandle.standardError.write(Data("\(failure.message); waiting for it\n".utf8)) }
                isLost = true
                lines = []
            }
        }
    }
}

extension HistoryRequest {
    /// As the control socket is asked.
    fileprivate var query: String {
        var parts = ["limit=\(limit)"]
        if isRefusals { parts.append("refused=true") }
        if let breach { parts.append("breach=\(ControlClient.escape(breach))") }
        parts += resources.map { "resource=\(ControlClient.escape($0))" }
        if let since { parts.append("since=\(since.milliseconds)") }
        if let until { parts.append("until=\(until.milliseconds)") }
        if let after { parts.append("after=\(after)") }
        return parts.joined(separator: "&")
    }
}
