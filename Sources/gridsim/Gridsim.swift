import ArgumentParser
import BuildInformation
import CommandLineTool

/// The other side of the agent, for tests and demonstrations: BMCs, a power agent, and a listener.
struct Gridsim: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gridsim",
        abstract: "A simulated BMC fleet, and a power agent that signs and publishes events.",
        version: Build.text,
        subcommands: [
            FleetCommand.self, AlertCommand.self, ResolveCommand.self, LoadTargetCommand.self, PowerStateCommand.self,
            WatchCommand.self, DemoCommand.self, BenchCommand.self, BenchFleetCommand.self,
        ])
}

@main
enum Main {
    static func main() async { await Program.run(Gridsim.self) }
}
