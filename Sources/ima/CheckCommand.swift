import Agent
import ArgumentParser
import Inventory

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Reads configuration, inventory and keys; names every problem at once.")

    @OptionGroup var options: ConfigOption

    func run() throws {
        let configuration = try options.load()
        let site = configuration.site
        print(
            "\(options.config): in order: \(site.order.count) resources on \(site.bmcs.count) BMCs,",
            "\(configuration.trust.count) trusted sources, mode \(configuration.mode.rawValue)")
    }
}
