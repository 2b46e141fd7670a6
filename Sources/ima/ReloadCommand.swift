import ArgumentParser
import CommandLineTool
import OperatorAPI

struct ReloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Has the running agent read configuration, inventory, keys and certificates again.",
        discussion: """
            All of it comes into force or, where any of it has a mistake, none: exit code 1, each mistake with file and \
            line. The answer names what changed, and what needs a restart. SIGHUP does the same without an answer.
            """)

    @OptionGroup var options: SocketOption
    @OptionGroup var reason: ReasonOption
    @Flag(name: .long, help: "Only say what would change.") var dryRun = false
    @Flag(name: .long, help: "Print JSON.") var json = false

    func run() async throws {
        var request = CommandRequest()
        request.reason = reason.reason
        request.dryRun = dryRun
        let answer = try await ControlClient.command("/reload", request, options)
        let reply = try ReloadReply(json: answer)
        guard reply.errors.isEmpty else {
            if json { print(String(decoding: answer, as: UTF8.self)) }
            throw Failure(reply.lines.joined(separator: "\n"))
        }
        print(json ? String(decoding: answer, as: UTF8.self) : reply.lines.joined(separator: "\n"))
    }
}
