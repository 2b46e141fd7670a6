import Inventory
import Settings
import Site
import Testing

/// Addresses of BMCs as inventories write them.
struct AddressTests {
    @Test(arguments: [
        "https://127.0.0.010", "https://0x7f.1", "https://2130706433", "https://127.1", "https://10.0.0.300",
        "https://10.0.0.1:99999", "https://10.0.0.1:0", "https://", "https://:443", "https://fd00::1",
        "https://a/redfish",
        "https://root@a", "10.0.0.1",
    ])
    func whatLibcurlReadsOtherwiseIsRefused(text: String) {
        #expect(BMC.Address(text) == nil)
        let (_, problems) = InventoryTests.load("nodes:\n  - { id: a, bmc: \"\(text)\" }\n")
        #expect(problems.map(\.line) == [6])
        #expect(problems.map(\.key) == ["nodes[0].bmc"])
    }

    @Test func rangesWithLeadingZerosAreRefusedAndThoseOfIPv6Expand() throws {
        let (_, problems) = InventoryTests.load("nodes: [{ id: \"n[1-4]\", bmc: \"https://127.0.0.[008-011]\" }]")
        #expect(problems.count == 1)
        #expect(problems.first?.message.contains("write 127.0.0.8") == true)
        let (site, none) = InventoryTests.load(
            "nodes: [{ id: \"n[1-3]\", bmc: \"https://[fd00:10:20:7::[11-13]]:8443\" }]")
        #expect(none.isEmpty)
        #expect(site.resources["n2"]?.bmc?.address.description == "https://[fd00:10:20:7::12]:8443")
        #expect(try HostRange.expand("https://[fd00:[1-2]::[8-9]]").count == 4)
    }

    @Test(arguments: ["http://127.evil.example.com", "http://localhost.evil.example", "http://10.0.0.1"])
    func plainHTTPIsForLoopbackOnly(text: String) {
        let head = InventoryTests.head.replacing("verify: false", with: "verify: true")
        #expect(InventoryTests.load("nodes: [{ id: a, bmc: \"\(text)\" }]", head: head).1.count == 1)
    }

    @Test func twoMachinesAreNotOneBMCInTwoSpellings() {
        let (_, problems) = InventoryTests.load(
            "nodes: [{ id: \"n[1-2]\", bmc: \"https://[fd00::[01,1]]\" }]")
        #expect(problems.count == 1)
    }
}
