import ArgumentParser
import Foundation

/// The command line of the Infrastructure Management Agent.
struct IMA: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ima",
        abstract: "Turns power breach alerts into Redfish power limits, proves them, and puts everything back.",
        subcommands: [
            RunCommand.self, CheckCommand.self, PlanCommand.self, StatusCommand.self, FreezeCommand.self,
            ThawCommand.self, ReleaseCommand.self, KeysCommand.self,
        ])
}

@main
enum Main {
    /// 0 done, 1 the answer is no, 2 wrong usage or unreadable input.
    static func main() async {
        do {
            var command = try IMA.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let failure as Failure {
            for line in failure.message.split(separator: "\n") { complain(String(line)) }
            exit(failure.code)
        } catch {
            let code = IMA.exitCode(for: error)
            if code == .success {
                print(IMA.fullMessage(for: error))
                exit(0)
            }
            complain(IMA.fullMessage(for: error))
            exit(code == .validationFailure ? 2 : 1)
        }
    }

    private static func complain(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
}

/// The end of a command that did not go well, in words for the user.
struct Failure: Error {
    let message: String
    let code: Int32

    init(_ message: String, code: Int32 = 1) {
        self.message = message
        self.code = code
    }
}
