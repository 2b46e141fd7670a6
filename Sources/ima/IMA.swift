import ArgumentParser
import CommandLineTool

/// The command line of the Infrastructure Management Agent.
struct IMA: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ima",
        abstract: "Turns power breach alerts into Redfish power limits, proves them, and puts everything back.",
        subcommands: [
            RunCommand.self, CheckCommand.self, PreflightCommand.self, PlanCommand.self, StatusCommand.self,
            FreezeCommand.self,
            ThawCommand.self, ReleaseCommand.self, ResumeCommand.self, HistoryCommand.self, ExplainCommand.self,
            BackupCommand.self,
            InventoryCommand.self, KeysCommand.self,
        ])
}

@main
enum Main {
    static func main() async { await Program.run(IMA.self) }
}
