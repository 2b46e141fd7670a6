import Inventory
import Settings
import Site
import Testing

@testable import Inventory

/// What an inventory can be used with, and an operator should still hear of.
struct SiteWarningTests {
    private static let head = """
        credentials: { bmc: { username: ima, password: "${SECRET}" } }
        defaults: { bmc: { credentials: bmc } }

        """

    private func warnings(_ yaml: String, head: String = head) -> [Problem] {
        let collector = ProblemCollector()
        var reader = SiteReader(problems: collector)
        let file = SettingsFile.parse(
            head + yaml, file: "site.yaml", environment: ["SECRET": "s"], problems: collector)
        if let file { reader.read(file) }
        _ = reader.finish()
        #expect(collector.all.isEmpty)
        return Array(Set(collector.warnings)).sorted()
    }

    @Test func protectedBesideUnprotectedOnOneBMC() {
        let found = warnings(
            """
            chassis:
              - { id: enclosure, bmc: "https://BMC:443", redfish: { chassis: "1" } }
            nodes:
              - { id: a, bmc: https://bmc, protected: true }
              - { id: b, bmc: https://other }
            """)
        #expect(found.map(\.line) == [6])
        #expect(found.first?.message.contains("a is protected, and enclosure on the same BMC") == true)
    }

    /// Eighteen of a range are one line.
    @Test func twoEntriesThatNameOneThing() {
        let found = warnings(
            """
            nodes:
              - { id: "a[1-18]", bmc: "https://10.0.0.[1-18]", gpus: { id: "{node}-gpu", processor: GPU_0 } }
              - { id: "b[1-18]", bmc: "https://10.0.0.[1-18]", gpus: { id: "{node}-gpu", processor: GPU_0 } }
            """)
        #expect(found.count == 2)
        #expect(found.allSatisfy { $0.line == 5 && $0.message.contains("17 more") })
        #expect(found.contains { $0.message.contains("same processor") })
        #expect(found.contains { $0.message.contains("two nodes on one BMC") })
    }

    @Test func pinsOfOneControl() {
        let found = warnings(
            """
            chassis:
              - { id: c, bmc: https://bmc, redfish: { power_limit: /redfish/v1/Chassis/1/Power } }
            nodes:
              - { id: a, bmc: https://bmc, redfish: { power_limit: /redfish/v1/Chassis/1/Power/ } }
              - { id: b, bmc: https://bmc, redfish: { system: "1" } }
              - { id: d, bmc: https://bmc, redfish: { system: /redfish/v1/Systems/1 } }
              - { id: e, bmc: https://bmc, redfish: { system: "2" } }
            """)
        #expect(found.map(\.line) == [6, 8])
    }

    @Test func oneBMCWithTwoLogins() {
        let found = warnings(
            """
            chassis:
              - { id: c, bmc: https://bmc, redfish: { chassis: "1" } }
            nodes:
              - id: n
                bmc: { url: "https://bmc:443", tls: { pin: "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" } }
            """)
        #expect(found.map(\.line) == [6])
        #expect(found.first?.message.contains("different credentials or tls") == true)
    }

    @Test(arguments: [("3.2W", 1), ("3.2kW", 0), ("3200kW", 1), ("0W", 0)])
    func aFloorInAnotherUnit(floor: String, count: Int) {
        #expect(warnings("nodes: [{ id: a, bmc: https://bmc, floor: \(floor) }]").count == count)
    }

    @Test func certificatesThatNobodyChecks() {
        let head = Self.head.replacing("credentials: bmc }", with: "credentials: bmc, tls: { verify: false } }")
        #expect(warnings("nodes: [{ id: a, bmc: https://bmc }]", head: head).map(\.key) == ["defaults.bmc.tls.verify"])
    }

    @Test func aRuleThatCanNeverMatter() {
        let found = warnings("nodes: [{ id: a, bmc: https://bmc, protected: true, floor: 3kW }]")
        #expect(found.map(\.key) == ["nodes[0].floor"])
    }

    /// What a rack protects has no floor of its own, said once for a range.
    @Test func aRuleInWhatIsProtected() {
        let found = warnings(
            """
            chassis: [{ id: rack, protected: true }]
            nodes:
              - { id: "n[1-3]", bmc: "https://bmc-[1-3]", chassis: rack, floor: 3kW }
              - { id: "m", bmc: "https://bmc-m", chassis: rack }
              - { id: "o", bmc: "https://bmc-o", floor: 3kW }
            """)
        #expect(found.map(\.message) == ["the rules of n1 can never matter: it lies in rack, which is protected"])
        #expect(found.allSatisfy { $0.line != nil })
    }

    @Test func aMisspeltFeed() {
        let found = warnings(
            """
            nodes:
              - { id: a, bmc: https://a, feeds: [main-a, main-b] }
              - { id: b, bmc: https://b, feeds: [main-a] }
              - { id: c, bmc: https://c, feeds: [mian-a] }
            """)
        #expect(found.map(\.line) == [6])
        #expect(found.first?.message.contains("is \"main-a\" meant?") == true)
    }

    @Test(arguments: [
        ("main-a", "main-b", false), ("feed1", "feed2", false), ("a", "b", false), ("main-a", "Main-a", true),
        ("main-a", "main_a", true), ("main-a", "maim-a", true), ("main-a", "main-aa", false), ("north", "south", false),
        ("hall-2-left", "hall-2-lefr", true),
    ])
    func feedsThatAreMeant(name: String, other: String, isMeant: Bool) {
        #expect(FeedNames.isLikelyMeant(name, other) == isMeant)
    }
}
