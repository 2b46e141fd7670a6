import ArgumentParser
import CommandLineTool
import OperatorAPI

struct StandbyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "standby",
        abstract: "What concerns agents that are each other's standby; `ima status` shows how they stand.",
        subcommands: [YieldCommand.self])
}

struct YieldCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "yield",
        abstract: "A planned hand-over: the agent that leads ends what it has begun, and another one leads.",
        discussion: """
            Whichever agent of the site and shard is asked. Nothing is released by it. For an upgrade: first the standby, \
            then yield, then the other.
            """)

    @OptionGroup var options: SocketOption
    @OptionGroup var reason: ReasonOption

    func run() async throws {
        var request = CommandRequest()
        request.reason = reason.reason
        try await ControlClient.obey("/standby/yield", request, options, done: "yielded")
    }
}
