import Inventory
import PowerEvents
import Settings
import Site
import Testing

struct GroupTests {
    private static let machines = """
        chassis:
          - { id: rack-1, aliases: [R1], feeds: [main-a] }
          - { id: rack-2, protected: true }
        nodes:
          - { id: "a[1-3]", bmc: "https://10.0.0.[1-3]", chassis: rack-1, gpus: { id: "{node}-gpu0" } }
          - { id: "b[1-2]", bmc: "https://10.0.1.[1-2]", chassis: rack-2 }
          - { id: "store-[01-04]", bmc: "https://10.0.2.[1-4]" }

        """
    /// Of the first line after ``machines``.
    private static let firstLine = 12

    private func load(_ groups: String) -> (site: Site, problems: [Problem], warnings: [Problem]) {
        let collector = ProblemCollector()
        var reader = SiteReader(problems: collector)
        if let file = SettingsFile.parse(
            InventoryTests.head + Self.machines + groups, file: "site.yaml", environment: ["SECRET": "s"],
            problems: collector)
        {
            reader.read(file)
        }
        return (reader.finish(), collector.all, collector.warnings.filter { $0.key.hasPrefix("groups") })
    }

    private func members(_ id: String, _ site: Site) -> [String]? {
        site.groups[id].map { site.members(of: $0).map(\.id) }
    }

    /// A group may be named before what it holds, and as a feed is.
    @Test func membersAreResourcesRangesAndGroups() {
        let (site, problems, warnings) = load(
            """
            groups:
              - { id: row, members: [main-a, "store-[03-04]"] }
              - { id: main-a, members: [R1, "store-[01-02]"] }
            """)
        #expect(problems.isEmpty)
        #expect(warnings.isEmpty)
        #expect(site.groups["main-a"]?.members == ["rack-1", "store-01", "store-02"])
        #expect(members("row", site) == ["rack-1", "store-01", "store-02", "store-03", "store-04"])
    }

    /// A node in a rack that is a member too is met with the rack.
    @Test func eachResourceCountsOnce() {
        let (site, problems, warnings) = load(
            """
            groups:
              - { id: one, members: [a1, store-01] }
              - { id: two, members: [a1-gpu0, one, store-01, "store-[01-02]", rack-1] }
            """)
        #expect(problems.isEmpty)
        #expect(members("two", site) == ["store-01", "store-02", "rack-1"])
        #expect(
            warnings.map(\.message) == [
                "\"store-01\" is in the group already", "a1-gpu0 lies in rack-1, which is in the group already",
            ])
    }

    @Test(arguments: [
        ("{ id: g, members: [nothing] }", "groups[0].members[0]", "no resource or group \"nothing\""),
        (
            "{ id: g, members: [\"store-[03-07]\"] }", "groups[0].members[0]",
            "\"store-05\" in the inventory, nor 2 more"
        ),
        ("{ id: g, members: [main-a] }", "groups[0].members[0]", "no resource or group \"main-a\""),
        ("{ id: g, members: [] }", "groups[0].members", "at least one"),
        ("{ id: g, members: a1 }", "groups[0].members", "should be a list"),
        ("{ id: g, members: [\"store-[4-1]\"] }", "groups[0].members[0]", "runs backwards"),
        ("{ id: g }", "groups[0].members", "is missing"),
        ("{ members: [a1] }", "groups[0].id", "is missing"),
        ("{ id: a1, members: [a2] }", "groups[0].id", "is taken already, at site.yaml:9"),
        ("{ id: R1, members: [a2] }", "groups[0].id", "is taken already, at site.yaml:6"),
        ("{ id: \"g[1-2]\", members: [a2] }", "groups[0].id", "makes 2 names"),
        ("{ id: g, members: [g] }", "groups[0].id", "contain each other: g > g"),
        ("{ id: g, members: [a1], feeds: [x] }", "groups[0].feeds", "is not a known key"),
    ])
    func mistakesAreNamed(entry: String, key: String, words: String) {
        let problems = load("groups:\n  - \(entry)\n").problems
        #expect(problems.map(\.key) == [key], "\(problems)")
        #expect(problems.first?.message.contains(words) == true, "\(problems)")
        #expect(problems.first?.line == Self.firstLine + 1)
        #expect(problems.first?.file == "site.yaml")
    }

    @Test func aCircleIsNamedOnceWithItsPath() {
        let (site, problems, _) = load(
            """
            groups:
              - { id: outside, members: [c] }
              - { id: a, members: [a1, b] }
              - { id: b, members: [c, store-01] }
              - { id: c, members: [a] }
            """)
        #expect(problems.map(\.message) == ["the groups contain each other: a > b > c > a (got \"a\")"])
        #expect(problems.map(\.line) == [Self.firstLine + 2])
        // Whoever asks all the same gets an answer.
        #expect(members("a", site) == ["a1", "store-01"])
    }

    @Test func twoGroupsOfOneName() {
        let problems = load("groups:\n  - { id: g, members: [a1] }\n  - { id: g, members: [a2] }\n").problems
        #expect(problems.map(\.line) == [Self.firstLine + 2])
        #expect(problems.first?.message.contains("at site.yaml:\(Self.firstLine + 1)") == true)
    }

    /// Nothing recursive: as deep as a file is long.
    @Test func deepNestingEnds() {
        let lines = (0..<5000).map { "  - { id: g\($0), members: [\($0 == 0 ? "a1" : "g\($0 - 1)")] }" }
        let (site, problems, _) = load("groups:\n" + lines.joined(separator: "\n"))
        #expect(problems.isEmpty)
        #expect(members("g4999", site) == ["a1"])
    }

    @Test func groupsThatCanNeverMatterAreWarnedOf() {
        let warnings = load(
            """
            groups:
              - { id: g, members: [rack-2, b1] }
              - { id: h, members: [rack-2, a1] }
            """
        ).warnings
        #expect(
            warnings.contains { $0.key == "groups[0].id" && $0.message.contains("all of its members are protected") })
        #expect(!warnings.contains { $0.key == "groups[1].id" })
    }

    @Test func aGroupNamedAsAFeedWithMembersOfAnother() {
        let warnings = load(
            """
              - { id: other, bmc: https://10.0.3.1, feeds: [main-b] }
            groups:
              - { id: main-a, members: [other, rack-1, store-01] }
            """
        ).warnings
        #expect(warnings.map(\.key) == ["groups[0].id"])
        #expect(warnings.first?.message.contains("other of its members are fed by others") == true)
    }
}
