import ArgumentParser
import BuildInformation
import CommandLineTool

/// The other side of the agent, for tests and demonstrations: BMCs, a power agent, an ISV, and who judges them all.
struct Gridsim: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gridsim",
        abstract: "A simulated BMC fleet, a power agent, an ISV, and who judges all of them.",
        version: Build.text,
        subcommands: [
            FleetCommand.self, PowerAgentCommand.self, ISVCommand.self, LoopCommand.self, ConformCommand.self,
            AlertCommand.self, ResolveCommand.self, LoadTargetCommand.self,
            PowerStateCommand.self, WatchCommand.self, DemoCommand.self, BenchCommand.self, BenchFleetCommand.self,
        ])
}

@main
enum Main {
    static func main() async { await Program.run(Gridsim.self) }
}
