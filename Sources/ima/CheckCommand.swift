import Agent
import ArgumentParser
import CommandLineTool
import Settings
import Shedding
import Site

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Reads configuration, inventory and keys; names every problem at once.",
        discussion: """
            Exit code 1 where the agent would not start with it. What it could start with and is still likely to be a \
            mistake, or weakens the agent, is a warning: exit code 0, or 1 with --strict.
            """)

    @OptionGroup var options: ConfigOption
    @Flag(name: .long, help: "Exit with 1 on warnings too.") var strict = false

    func run() throws {
        let configuration = try options.load(checksPlaces: true)
        for warning in configuration.warnings { print("warning: \(warning)") }
        if strict, !configuration.warnings.isEmpty {
            let count = configuration.warnings.count
            throw Failure("\(options.config): \(count) warning\(count == 1 ? "" : "s"), and --strict allows none")
        }
        let site = configuration.site
        print(
            "\(options.config): in order: \(site.order.count) resources on \(site.bmcs.count) BMCs,",
            "\(configuration.trust.count) trusted sources, mode \(configuration.mode.rawValue)")
        for line in CapOutlook.lines(site) { print(line) }
    }
}
