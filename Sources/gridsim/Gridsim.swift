import ArgumentParser
import Foundation

/// The other side of the agent, for tests and demonstrations: BMCs, a power agent, and a listener.
struct Gridsim: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gridsim",
        abstract: "A simulated BMC fleet, and a power agent that signs and publishes events.",
        subcommands: [
            FleetCommand.self, AlertCommand.self, ResolveCommand.self, LoadTargetCommand.self, PowerStateCommand.self,
            WatchCommand.self, DemoCommand.self,
        ])
}

@main
enum Main {
    /// 0 done, 1 the answer is no, 2 wrong usage or unreadable input.
    static func main() async {
        do {
            var command = try Gridsim.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let failure as Failure {
            complain(failure.message)
            exit(failure.code)
        } catch let error where error is CleanExit || Gridsim.exitCode(for: error) != .failure {
            let code = Gridsim.exitCode(for: error)
            if code == .success {
                print(Gridsim.fullMessage(for: error))
                exit(0)
            }
            complain(Gridsim.fullMessage(for: error))
            exit(2)
        } catch {
            complain("\(error)")
            exit(1)
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
