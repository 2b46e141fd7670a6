import ArgumentParser
import BuildInformation
import CommandLineTool

/// The command line of the Infrastructure Management Agent.
struct IMA: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ima",
        abstract: "Turns power breach alerts into Redfish power limits, proves them, and puts everything back.",
        version: Build.text,
        subcommands: [
            RunCommand.self, CheckCommand.self, PreflightCommand.self, PlanCommand.self, StatusCommand.self,
            FreezeCommand.self, ThawCommand.self, ReleaseCommand.self, ResumeCommand.self, ReloadCommand.self,
            DrillCommand.self, StandbyCommand.self,
            HistoryCommand.self, ExplainCommand.self, EvidenceCommand.self, BackupCommand.self,
            InventoryCommand.self, KeysCommand.self,
        ])
}

@main
enum Main {
    static func main() async { await Program.run(IMA.self) }
}
