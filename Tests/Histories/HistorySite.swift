import Inventory
import PowerEvents
import Settings
import Site

/// The little data centre that all histories happen in.
enum HistorySite {
    static let yaml = """
        credentials: { bmc: { username: u, password: "${S}" } }
        defaults: { bmc: { credentials: bmc, tls: { verify: false } } }
        chassis:
          - { id: rack, feeds: [main-a, main-b] }
        nodes:
          - id: n[1-3]
            bmc: https://10.0.0.[1-3]
            chassis: rack
            gpus: { id: "{node}-gpu[0-1]", processor: "GPU_[0-1]" }
          - { id: n4, bmc: https://10.0.0.4, feeds: [main-b], floor: 500W }
          - { id: login, bmc: https://10.0.0.5, chassis: rack, protected: true }
          - { id: store, bmc: https://10.0.0.6, chassis: rack, allow: [power_cap] }
        """

    static let site: Site = {
        let problems = ProblemCollector()
        var reader = SiteReader(problems: problems)
        if let file = SettingsFile.parse(yaml, file: "site", environment: ["S": "x"], problems: problems) {
            reader.read(file)
        }
        return reader.finish()
    }()

    static let nodes = ["n1", "n2", "n3", "n4", "login", "store"]
    static let gpus = ["n1-gpu0", "n1-gpu1", "n2-gpu0", "n2-gpu1", "n3-gpu0", "n3-gpu1"]
    static let minimum = 200
    static let maximum = 1000

    static func floor(of resource: String) -> Int { site.resources[resource]?.floor?.wholeWatts ?? 0 }
}
