import ArgumentParser
import CommandLineTool
import OperatorAPI

/// `--reason`, for commands that the history keeps.
struct ReasonOption: ParsableArguments {
    @Option(name: .long, help: "Why; kept in the history with your user.")
    var reason: String?
}

/// What a freeze or a thaw is for; all of it where none is named.
struct PartsOption: ParsableArguments {
    @Argument(
        help: "Resources, ranges of them, racks, groups, feeds; everything where nothing is named.",
        completion: AgentNames.resources.completion)
    var resources: [String] = []
    @Option(name: .long, help: "A feed; may be given several times.", completion: AgentNames.feeds.completion)
    var feed: [String] = []
    @Option(name: .long, help: "A BMC's address; may be given several times.", completion: AgentNames.bmcs.completion)
    var bmc: [String] = []

    var request: CommandRequest {
        var request = CommandRequest()
        request.resources = resources
        request.feeds = feed
        request.bmcs = bmc
        return request
    }
}

struct FreezeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "freeze",
        abstract: "Stops the running agent's writes, all of them or those to a part. Nothing is undone.",
        discussion: """
            Needs no configuration: the control socket is enough. What is on its way ends; a restart thaws nothing.
            """)

    @OptionGroup var options: SocketOption
    @OptionGroup var parts: PartsOption
    @OptionGroup var reason: ReasonOption
    @Option(name: .customLong("for"), help: "For how long, such as 30m; until `ima thaw` where absent.")
    var duration: String?

    func run() async throws {
        var request = parts.request
        request.reason = reason.reason
        request.duration = duration
        try await ControlClient.obey("/freeze", request, options, done: "frozen")
    }
}

struct ThawCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "thaw", abstract: "Lets the running agent write again: everything, where nothing is named.")

    @OptionGroup var options: SocketOption
    @OptionGroup var parts: PartsOption
    @OptionGroup var reason: ReasonOption

    func run() async throws {
        var request = parts.request
        request.reason = reason.reason
        try await ControlClient.obey("/thaw", request, options, done: "thawed")
    }
}

struct ReleaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release", abstract: "Ends a breach as its resolved alert would; everything is put back.")

    @OptionGroup var options: SocketOption
    @OptionGroup var reason: ReasonOption
    @Flag(name: .long, help: "Without the hold-down and the steps of a release.") var now = false
    @Argument(help: "The breach_id, or the first characters of it.", completion: AgentNames.breaches.completion)
    var breach: String

    func run() async throws {
        var request = CommandRequest()
        request.reason = reason.reason
        request.now = now
        let path = "/release/\(ControlClient.escape(breach))"
        try await ControlClient.obey(path, request, options, done: "released")
    }
}

struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Takes up what an old journal holds, which the running agent does not do by itself.")

    @OptionGroup var options: SocketOption
    @OptionGroup var reason: ReasonOption

    func run() async throws {
        var request = CommandRequest()
        request.reason = reason.reason
        try await ControlClient.obey("/resume", request, options, done: "resumed")
    }
}
