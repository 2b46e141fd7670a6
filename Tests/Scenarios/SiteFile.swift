import Inventory
import Settings
import Site

/// An inventory file, read as the simulated fleet reads it.
enum SiteFile {
    static func load(_ path: String) throws -> Site {
        let problems = ProblemCollector()
        let site = SiteReader.load([path], environment: [:], problems: problems, checksFiles: false)
        try problems.throwIfAny()
        return site
    }
}
