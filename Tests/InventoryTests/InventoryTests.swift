import Inventory
import PowerEvents
import Settings
import Site
import Testing

struct InventoryTests {
    @Test(arguments: [
        ("a", ["a"]), ("dgx-[01-03]", ["dgx-01", "dgx-02", "dgx-03"]), ("n[8-11]", ["n8", "n9", "n10", "n11"]),
        ("n[08-10]", ["n08", "n09", "n10"]), ("n[1,3,5-6]x", ["n1x", "n3x", "n5x", "n6x"]),
        ("r[1-2]n[1-2]", ["r1n1", "r1n2", "r2n1", "r2n2"]), ("https://[fe80::1]:443", ["https://[fe80::1]:443"]),
    ])
    func expandsHostRanges(text: String, expected: [String]) throws { #expect(try HostRange.expand(text) == expected) }

    @Test(arguments: ["n[3-1]", "n[1", "n[1-]", "n[-]", "n[,]", "n[1-999999999]", "n[1-1000][1-1000]"])
    func refusesHostRanges(text: String) {
        #expect(throws: HostRange.SyntaxError.self) { try HostRange.expand(text) }
    }

    static let head = """
        credentials:
          bmc: { username: ima, password: "${SECRET}" }
        defaults:
          bmc: { credentials: bmc, tls: { verify: false } }

        """

    static func load(_ yaml: String, head: String = head) -> (Site, [Problem]) {
        let collector = ProblemCollector()
        var reader = SiteReader(problems: collector)
        if let file = SettingsFile.parse(
            head + yaml, file: "site.yaml", environment: ["SECRET": "s"], problems: collector)
        {
            reader.read(file)
        }
        let site = reader.finish()
        return (site, collector.all)
    }

    @Test func expandsSideBySide() {
        let (site, problems) = Self.load(
            """
            chassis:
              - { id: rack-1, feeds: [main-a], aliases: [R1] }
            nodes:
              - id: dgx-[01-02]
                bmc: https://10.0.0.[11-12]
                chassis: rack-1
                floor: 3.2kW
                aliases: ["node[1-2]"]
                gpus: { id: "{node}-gpu[0-1]", processor: "GPU_SXM_[1-2]" }
              - { id: login, bmc: https://10.0.0.5, protected: true }
            """)
        #expect(problems.isEmpty)
        #expect(
            site.order == [
                "rack-1", "dgx-01", "dgx-01-gpu0", "dgx-01-gpu1", "dgx-02", "dgx-02-gpu0", "dgx-02-gpu1", "login",
            ])
        let gpu = site.resource(named: "dgx-02-gpu1")
        #expect(gpu?.bmc?.address.description == "https://10.0.0.12")
        #expect(gpu?.pins.processor == "GPU_SXM_2")
        #expect(gpu?.feeds == ["main-a"])
        #expect(gpu?.floor == nil)
        #expect(site.resource(named: "node2")?.id == "dgx-02")
        #expect(site.resource(named: "R1")?.id == "rack-1")
        #expect(site.resource(named: "DGX-01") == nil)
        #expect(site.resource(named: "dgx-01")?.floor == Watts(3200))
        #expect(site.resource(named: "login")?.isProtected == true)
        #expect(site.bmcs.count == 3)
        #expect(site.nodeCount == 3)
    }

    @Test func protectionAndPermissionsGoDown() {
        let (site, problems) = Self.load(
            """
            chassis:
              - { id: r, protected: true }
              - { id: s, allow: [power_cap] }
            nodes:
              - { id: a, bmc: https://10.0.0.1, chassis: r, gpus: { id: a-gpu } }
              - { id: b, bmc: https://10.0.0.2, chassis: s, allow: [power_cap, suspend], gpus: { id: b-gpu } }
            """)
        #expect(problems.isEmpty)
        #expect(site.resource(named: "a-gpu")?.isProtected == true)
        #expect(site.resource(named: "b-gpu")?.allowed == [.powerCap])
    }

    @Test func namesEveryMistakeAtOnce() {
        let (_, problems) = Self.load(
            """
            chasis: []
            nodes:
              - id: a-[1-3]
                bmc: https://10.0.0.[1-2]
              - { id: b, bmc: ftp://10.0.0.1 }
              - { id: c, bmc: https://10.0.0.3, floor: 700 }
              - { id: d, bmc: https://10.0.0.4, chassis: nowhere }
              - { id: d, bmc: https://10.0.0.5 }
              - { id: e, bmc: https://10.0.0.6, allow: [explode] }
              - { bmc: https://10.0.0.7 }
              - { id: f, bmc: https://10.0.0.8, protected: maybe }
              - { id: "g[2-1]", bmc: https://10.0.0.9 }
              - { id: h, bmc: { url: https://10.0.0.10, credentials: nobody } }
              - { id: i, bmc: https://10.0.0.11, redfish: { power_limit: Chassis/1 } }
            """)
        let lines = Dictionary(grouping: problems, by: { $0.line ?? 0 }).mapValues { $0.map(\.key) }
        #expect(lines[5] == ["chasis"])
        #expect(lines[8] == ["nodes[0].bmc"])
        #expect(lines[9] == ["nodes[1].bmc"])
        #expect(lines[10] == ["nodes[2].floor"])
        #expect(lines[11] == ["nodes[3].chassis"])
        #expect(lines[12] == ["nodes[4]"])
        #expect(lines[13] == ["nodes[5].allow[0]"])
        #expect(lines[14] == ["nodes[6].id"])
        #expect(lines[15]?.contains("nodes[7].protected") == true)
        #expect(lines[16] == ["nodes[8].id"])
        #expect(lines[17] == ["nodes[9].bmc.credentials"])
        #expect(lines[18] == ["nodes[10].redfish.power_limit"])
    }

    @Test func aPasswordMayNotStandInTheFile() {
        let (_, problems) = Self.load("", head: "credentials:\n  bmc: { username: a, password: hunter2 }\n")
        #expect(problems.count == 1)
        #expect(problems[0].description.contains("hunter2") == false)
    }

    @Test func plainHTTPIsForLoopbackAlsoWhereCertificatesAreNotVerified() {
        let head = Self.head.replacing("verify: false", with: "verify: true")
        #expect(Self.load("nodes: [{ id: a, bmc: http://127.0.0.1:8000 }]", head: head).1.isEmpty)
        #expect(Self.load("nodes: [{ id: a, bmc: http://10.0.0.1 }]", head: head).1.count == 1)
        let (_, unverified) = Self.load("nodes: [{ id: a, bmc: http://10.0.0.1 }]")
        #expect(unverified.map(\.key) == ["nodes[0].bmc"])
        #expect(unverified.first?.message.contains("would read the password") == true)
    }

    @Test(arguments: [
        ("https://10.0.0.1", "10.0.0.1", 443), ("https://BMC.example:8443/", "bmc.example", 8443),
        ("https://[fe80::1]:8443", "fe80::1", 8443), ("http://127.0.0.1", "127.0.0.1", 80),
    ])
    func readsAddresses(text: String, host: String, port: Int) throws {
        let address = try #require(BMC.Address(text))
        #expect(address.host == host)
        #expect(address.port == port)
    }
}
