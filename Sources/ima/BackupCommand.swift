import Agent
import ArgumentParser
import CommandLineTool

struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copies the journal to a new file, whole and consistent, also while the agent runs.")

    @OptionGroup var options: ConfigOption
    @Argument(help: "The file to write; it must not exist.") var file: String

    func run() throws {
        let configuration = try options.load()
        do { try JournalCopy.make(of: configuration, to: file) } catch { throw Failure("\(error)", code: 2) }
        print("\(configuration.journal) copied to \(file)")
    }
}
