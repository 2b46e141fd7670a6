import ArgumentParser
import CommandLineTool
import Site

/// The resources that a command is for, where it has the inventory at hand.
struct SelectionArguments: ParsableArguments {
    @Argument(
        help: "Resources, ranges of them, racks, groups, feeds or BMCs; everything where none is named.",
        completion: AgentNames.resources.completion)
    var resources: [String] = []

    /// - Returns: nil where none is named
    /// - Throws: `Failure` with every name that the inventory does not have
    func resolve(in site: Site) throws -> ResourceSelection.Resolved? {
        if resources.isEmpty { return nil }
        do throws(ResourceSelection.Unknown) {
            return try ResourceSelection(names: resources).resolve(in: site)
        } catch {
            throw Failure(error.description, code: 2)
        }
    }
}
