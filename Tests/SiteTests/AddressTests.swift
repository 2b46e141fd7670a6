import Site
import Testing

/// Addresses of BMCs: one meaning, one identity, and those of old journals.
struct AddressTests {
    @Test(arguments: [
        ["https://bmc-7.example.com", "https://BMC-7.example.com:443", "https://bmc-7.example.com./"],
        [
            "https://127.0.0.1:8443", "https://localhost:8443", "https://LOCALHOST.:8443",
            "https://[::ffff:127.0.0.1]:8443",
        ],
        ["https://[fd00::11]", "https://[FD00:0:0:0:0:0:0:11]:443", "https://[fd00:0::0011]/"],
        ["http://127.0.0.1", "http://localhost:80"],
    ])
    func spellingsOfOneBMCAreEqual(texts: [String]) throws {
        let addresses = try texts.map { try #require(BMC.Address($0), "\($0)") }
        #expect(Set(addresses).count == 1)
        for (address, text) in zip(addresses, texts) {
            #expect(text.lowercased().hasPrefix(address.description), "it stays as it was written")
        }
    }

    @Test func differentBMCsDiffer() throws {
        let texts = [
            "https://10.0.0.1", "https://10.0.0.2", "https://10.0.0.1:8443", "http://127.0.0.1", "https://127.0.0.1",
            "https://[::1]", "https://a", "https://a.b",
        ]
        #expect(Set(try texts.map { try #require(BMC.Address($0)) }).count == texts.count)
    }

    /// Journals hold the text alone, of addresses that earlier versions took.
    @Test(arguments: ["https://127.0.0.010", "https://10.0.0.1:99999", "https://10.0.0.1:443", "https://fd00::1"])
    func addressesOfOldJournalsStayWhatTheyWere(text: String) throws {
        #expect(try #require(BMC.Address(recorded: text)).description == text)
        #expect(BMC.Address(recorded: "nonsense") == nil)
    }
}
