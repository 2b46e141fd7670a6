import Inventory
import PowerEvents
import Settings
import Site
import Testing

/// `rest`, `shed_order` and `node_manager`.
struct BudgetRuleTests {
    private func load(_ yaml: String) -> (site: Site, problems: [Problem], warnings: [Problem]) {
        let collector = ProblemCollector()
        var reader = SiteReader(problems: collector)
        let head = InventoryTests.head.replacing(", tls: { verify: false }", with: "")
        if let file = SettingsFile.parse(
            head + yaml, file: "site.yaml", environment: ["SECRET": "s"], problems: collector)
        {
            reader.read(file)
        }
        return (reader.finish(), collector.all, Set(collector.warnings).sorted())
    }

    @Test func rulesOfBudgetsAreRead() {
        let (site, problems, warnings) = load(
            """
            chassis: [{ id: rack, shed_order: 3 }]
            nodes:
              - id: gb300-[01-02]
                bmc: https://10.0.0.[1-2]
                chassis: rack
                rest: 420W
                shed_order: 2
                node_manager: true
                gpus: { id: "{node}-gpu[0-1]", processor: "GPU_[0-1]", shed_order: 0 }
              - { id: plain, bmc: https://10.0.0.3, chassis: rack }
            """)
        #expect(problems.isEmpty)
        #expect(warnings.isEmpty)
        let node = site.resources["gb300-02"]
        #expect(node?.rest == Watts(420))
        #expect(node?.shedOrder == 2)
        #expect(node?.usesNodeManager == true)
        #expect(site.resources["gb300-02-gpu1"]?.shedOrder == 0)
        #expect(site.resources["rack"]?.shedOrder == 3)
        // An order among racks says nothing of the order inside one.
        #expect(site.resources["plain"]?.shedOrder == nil)
        #expect(site.resources["plain"]?.rest == nil)
        #expect(site.resources["plain"]?.usesNodeManager == false)
    }

    @Test(arguments: [
        ("rest: 420", "rest"), ("rest: -5W", "rest"), ("shed_order: first", "shed_order"),
        ("shed_order: -1", "shed_order"), ("shed_order: 99999999999999999999", "shed_order"),
        ("node_manager: 1", "node_manager"),
    ])
    func mistakesAreNamed(rule: String, key: String) {
        let problems = load("nodes:\n  - { id: a, bmc: https://bmc, \(rule) }\n").problems
        #expect(problems.map(\.key) == ["nodes[0].\(key)"])
        #expect(problems.map(\.line) == [6])
    }

    @Test(arguments: ["rest: 420W", "node_manager: true"])
    func rulesOfNodesAreNotForChassisAndGPUs(rule: String) {
        #expect(load("chassis: [{ id: a, \(rule) }]").problems.count == 1)
        #expect(load("nodes: [{ id: a, bmc: https://bmc, gpus: { id: g, \(rule) } }]").problems.count == 1)
    }

    @Test(arguments: [
        ("rest: 400W", ["rest"]), ("rest: 400W, gpus: { id: g }", []), ("rest: 0.4W, gpus: { id: g }", ["rest"]),
        ("rest: 420kW, gpus: { id: g }", ["rest"]), ("rest: 0W, gpus: { id: g }", []),
        ("protected: true, shed_order: 1, node_manager: true", ["node_manager", "shed_order"]),
        ("protected: true, allow: [suspend], floor: 1kW", ["allow", "floor"]),
        ("allow: [suspend], floor: 1kW, shed_order: 1", ["floor", "shed_order"]),
        ("allow: [throttle], floor: 1kW, shed_order: 1", []),
        ("gpus: { id: g, allow: [suspend], floor: 300W }", []),
    ])
    func rulesThatCanNeverMatterAreWarnedOf(rules: String, keys: [String]) {
        let (_, problems, warnings) = load("nodes:\n  - { id: a, bmc: https://bmc, \(rules) }\n")
        #expect(problems.isEmpty)
        #expect(warnings.map(\.key).sorted() == keys.map { "nodes[0].\($0)" })
    }
}
