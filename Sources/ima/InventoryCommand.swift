import Agent
import ArgumentParser
import CommandLineTool
import Foundation
import Inventory
import PowerEvents
import Site
import StrictJSON

struct InventoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inventory", abstract: "Makes inventories, and shows what one means.",
        subcommands: [Show.self, DiscoverCommand.self, ImportDPS.self])

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Every resource and group that the configured inventory means, or those that are named.")

        @OptionGroup var options: ConfigOption
        @Flag(name: .long, help: "Print JSON.") var json = false
        @OptionGroup var selection: SelectionArguments

        func run() async throws {
            let site = try options.load().site
            let selected = try selection.resolve(in: site)
            let resources = selected?.all ?? site.order.compactMap { site.resources[$0] }
            let groups = (selected?.groups ?? Array(site.groups.values)).sorted { $0.id < $1.id }
            if json {
                let values =
                    resources.map(ResourceDescription.json) + groups.map { ResourceDescription.json($0, in: site) }
                return print(JSONValue.array(values).text)
            }
            for resource in resources { print(ResourceDescription.line(resource)) }
            for group in groups { print(ResourceDescription.line(group, in: site)) }
        }
    }

    struct ImportDPS: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "import-dps", abstract: "Makes the draft of an inventory from a DPS topology.")

        @Argument(help: "The topology, JSON; - reads standard input.") var topology: String

        func run() throws {
            let input =
                topology == "-"
                ? FileHandle.standardInput.readDataToEndOfFile() : FileManager.default.contents(atPath: topology)
            guard let input else { throw Failure("\(topology): cannot be read", code: 2) }
            do {
                let draft = try DPSTopology(json: JSONValue(parsing: input, limits: JSONLimits(depth: 64)))
                print(draft.yaml, terminator: "")
            } catch {
                throw Failure("\(topology): \(error)", code: 2)
            }
        }
    }
}
